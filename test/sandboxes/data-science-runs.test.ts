import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildKit } from '../../scripts/kit.ts';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { RunResult } from '../../src/events/result.ts';
import type { SandboxFile, SandboxName } from '../../src/ports/sandbox.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { JOB, JOB_SAYS, jobProblems } from '../kit/job.ts';
import { JOB_INPUTS } from '../kit/weather.ts';
import { complete, delegate, logOf, only, temporaryFolder } from '../make.ts';
import { ANALYSIS, ANALYSIS_SAYS, analysisProblems } from './python-analysis.ts';

// Boxes name the kit when they are opened.
await buildKit();

interface Analysis {
  only: SandboxName;
  language: 'python' | 'javascript';
  code: string;
  says: object;
  problems(files: readonly SandboxFile[]): string[];
}

const ANALYSES: readonly Analysis[] = [
  {
    ...{ only: 'bwrap', language: 'python', code: ANALYSIS },
    ...{ says: ANALYSIS_SAYS, problems: analysisProblems },
  },
  {
    ...{ only: 'quickjs', language: 'javascript', code: JOB },
    ...{ says: JOB_SAYS, problems: jobProblems },
  },
];

/** A manager with one worker, which runs the program and reports what it printed. */
const modelFor = ({ language, code }: Analysis) =>
  scriptedModel(({ headers, messages }) => {
    const last = messages.at(-1);
    if (headers['x-awp-role'] === 'manager') {
      const seen = JSON.stringify(messages).includes('Results of turn');
      return seen ? complete('The regression is in the files.') : delegate('analyst');
    }
    if (last?.role === 'tool') return { summary: 'analysed', confidence: 0.9 };
    return { toolCalls: [{ name: 'code.execute', args: { language, code } }] };
  });

const filesOf = ({ artifacts }: RunResult): SandboxFile[] =>
  artifacts
    .map(({ path, name }) => ({ path: name, bytes: readFileSync(path) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));

for (const analysis of ANALYSES) {
  const { only: name, language } = analysis;
  const sandbox = { only: name, languages: [language] };
  const box = await boxOrReason(() => openSandbox(nodeEffects())(sandboxPolicy(sandbox)));
  describeBox(`a run whose worker analyses a table with ${language} in ${name}`, box, (opened) => {
    it('hands back the right figures and charts', async () => {
      await opened.close();
      using folder = temporaryFolder();
      const store = memoryStore({ folder: folder.path });
      const result = await new AgentWorkflow({
        task: 'What makes a warm day?',
        inputs: { weather: join(JOB_INPUTS, 'seattle-weather.csv') },
        model: modelFor(analysis),
        ...{ sandbox, store },
      }).run();
      expect(result).toMatchObject({ status: 'complete', usage: { toolCalls: 1, workers: 1 } });
      const events = await logOf(store, result.metadata.runId);
      expect(only(events, 'run.started')[0]?.data.sandbox?.name).toBe(name);
      const [returned] = only(events, 'tool.returned');
      expect(returned?.data.error).toBeUndefined();
      expect(JSON.parse(Object(returned?.data.data).stdout)).toEqual(analysis.says);
      expect(analysis.problems(filesOf(result))).toEqual([]);
    }, 120_000);
  });
}
