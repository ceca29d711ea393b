import { nodeAt } from '../../base/yaml-node.ts';
import { choiceProblem } from '../choice.ts';
import { agent } from '../examples.ts';
import type { Rule } from '../rule.ts';

const LANGUAGES = ['typescript', 'python', 'javascript'];
const codemode = (language: string): { 'agent.awp.yaml': string } =>
  agent({
    rest: `capabilities:\n  tools: { enabled: true }\n  sandbox: { enabled: true, type: subprocess }\n  codemode: { enabled: true, language: ${language} }`,
  });

/** R21: languages of code mode. */
export const r21CodemodeLanguage: Rule = {
  code: 'R21',
  title: '`codemode.language` is `typescript`, `python` or `javascript`',
  severity: 'error',
  why: 'There are boxes for these languages, and stubs of the tools.',
  bad: codemode('ruby'),
  good: codemode('typescript'),

  check({ agents }, report) {
    for (const { tree } of agents.values()) {
      const at = nodeAt(tree, 'capabilities', 'codemode', 'language');
      if (!at) continue;
      const problem = choiceProblem(at, LANGUAGES, 'is not a language of code mode');
      if (problem) report(problem);
    }
  },
};
