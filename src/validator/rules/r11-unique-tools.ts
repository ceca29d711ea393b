import { type Place, scalarAt } from '../../base/yaml-node.ts';
import { BUILTIN_TOOLS } from '../../models/builtin-tools.ts';
import type { Workflow } from '../../models/workflow.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { customToolsOf } from '../view.ts';

const tools = (first: string, second: string): string =>
  manifest(
    `capabilities:\n  custom_tools:\n    declarations:\n      - { fqn: ${first}, description: One. }\n      - { fqn: ${second}, description: Two. }`,
  );

/** Files may have what is declared, and each name once. */
function checkFound(
  { foundTools }: Workflow,
  report: Parameters<Rule['check']>[1],
  declared: ReadonlySet<string>,
): void {
  const seen = new Map<string, Place>();
  for (const { name, at } of foundTools) {
    const first = seen.get(name);
    if (first) {
      const related = [{ message: 'the first one', at: first }];
      const message = `there are two tools called \`${name}\``;
      report({ at, message, help: 'give one of them another name', related });
    } else if (BUILTIN_TOOLS.includes(name) && !declared.has(name)) {
      const message = `\`${name}\` is a built-in tool`;
      report({ at, message, help: 'choose another name, or declare it with `replaces: true`' });
    }
    if (!first) seen.set(name, at);
  }
}

/** R11: tools have one name each. */
export const r11UniqueTools: Rule = {
  code: 'R11',
  title: 'names of tools are unique, built-in ones included',
  severity: 'error',
  why: 'An agent calls a tool by its name, so a name must mean one tool.',
  bad: tools('news.feed', 'news.feed'),
  good: tools('news.feed', 'news.archive'),

  check(workflow, report) {
    const seen = new Map<string, Place>();
    const builtin = new Set(BUILTIN_TOOLS);
    for (const { name, at, declaration } of customToolsOf(workflow)) {
      if (typeof name !== 'string') continue;
      const first = seen.get(name);
      if (first) {
        const related = [{ message: 'the first one', at: first }];
        const message = `there are two tools called \`${name}\``;
        report({ at, message, help: 'give one of them another name', related });
      } else if (builtin.has(name) && scalarAt(declaration, 'replaces')?.value !== true) {
        const message = `\`${name}\` is a built-in tool`;
        report({ at, message, help: 'choose another name, or say `replaces: true`' });
      }
      if (!first) seen.set(name, at);
    }
    checkFound(workflow, report, new Set(seen.keys()));
  },
};
