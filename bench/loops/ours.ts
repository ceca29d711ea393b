import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import { tool } from '../../src/data/tool.ts';
import { nodeClock } from '../../src/effects/clock.ts';
import type { Store } from '../../src/ports/store.ts';
import { type Script, type ScriptedParts, scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { folder } from '../world.ts';
import type { Brain, Said } from './brain.ts';
import { ADD, type LoopEngine } from './engine.ts';

/** Our loop with the store in memory, or on disk with every event synced. */
export function ours(kind: 'memory' | 'disk'): LoopEngine {
  return {
    async prepare() {
      const place = folder();
      process.once('exit', () => place[Symbol.dispose]());
      return async (brain: Brain) => {
        const store = kind === 'memory' ? memoryStore({ folder: place.path }) : undefined;
        await new AgentWorkflow(optionsFor(brain, place.path, store)).run();
        await store?.close();
      };
    },
  };
}

function optionsFor(brain: Brain, home: string, store: Store | undefined): WorkflowOptions {
  const script: Script = ({ headers, messages }) =>
    headers['x-awp-role'] === 'manager'
      ? decision(brain.manager())
      : work(brain.worker(messages.at(-1)?.role === 'tool'));
  const add = tool({
    ...{ name: 'calc.add', description: 'Adds.', input: ADD, idempotent: true },
    sideEffects: false,
    execute: ({ a, b }) => brain.add(Number(a), Number(b)),
  });
  return {
    task: 'Add',
    model: scriptedModel(script, { clock: nodeClock() }),
    // Named, so that nothing that ships comes along and no box is made ready.
    tools: [add, 'calc.add'],
    home,
    ...(store && { store }),
    stall: { enabled: false },
    budget: {
      ...{ loops: 1000, workers: 10_000, tokens: 100_000_000, tools: 10_000 },
      ...{ calls: 100_000, time: '1h', parallel: 8 },
    },
  };
}

function decision(said: Said): string {
  if ('text' in said) return '{"decision":"complete","final_result":{"summary":"done"}}';
  const delegations = said.calls.map(({ id, args }) => ({
    worker_id: id,
    instructions: 'task' in args ? args.task : '',
  }));
  return JSON.stringify({ decision: 'delegate', delegations });
}

function work(said: Said): string | ScriptedParts {
  if ('text' in said) return '{"summary":"three","confidence":1}';
  const toolCalls = said.calls.map(({ id, args }) => ({
    ...{ id, name: 'calc.add', args: { ...args } },
  }));
  return { toolCalls };
}
