import { AgentWorkflow, resumeRun } from '../data/agent-workflow.ts';
import { forkRun } from '../data/fork-run.ts';
import { parseInputArgument } from '../data/inputs.ts';
import { loadWorkflow } from '../data/load-workflow.ts';
import type { Engine } from './engine.ts';

/** The library itself. */
export function nodeEngine(): Engine {
  return {
    start: (options, how) => new AgentWorkflow(options).start(how),
    resume: (id, how) => resumeRun(id, how),
    fork: (id, how) => forkRun(id, how),
    evaluate: async (folder, how) => {
      const { evaluateRun } = await import('../data/evaluate.ts');
      return evaluateRun(folder, how);
    },
    loadWorkflow,
    parseInput: parseInputArgument,
  };
}
