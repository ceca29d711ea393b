import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/events/event.ts';
import { resultOf } from '../../../src/events/result.ts';
import type { DraftCheck } from '../../../src/ports/toolsmith.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { logOf, only, temporaryFolder } from '../../make.ts';
import { draftOf, type Making, makingHost, makingPlan } from './makers.ts';

const fails: DraftCheck = {
  stage: 'dry_run',
  check: ({ code }) => {
    if (!code.includes('broken')) return undefined;
    const kind = { stage: 'dry_run', status: 422, category: 'dry_run', repairable: true } as const;
    return { ...kind, error: 'it is broken', hint: 'mend it' };
  },
};
const create = (name: string, code?: string) =>
  ['tools.create', draftOf(name, code === undefined ? {} : { code })] as const;

const SCENARIOS: Readonly<Record<string, Making>> = {
  'made, used by its maker and a later agent, and taken away': {
    rounds: {
      one: [[create('stats.a')], [['stats.a', { a: 1 }]]],
      two: [[['stats.a', { a: 2 }]], [create('stats.a')]],
      three: [[['tools.list', {}]], [['stats.a', { a: 3 }]]],
    },
  },
  'made in parallel, one of them refused, one twice': {
    rounds: {
      one: [
        [create('stats.a'), create('stats.b', 'broken'), create('other.c'), create('stats.a')],
        [['tools.remove', { name: 'stats.a' }]],
        [create('stats.a')],
      ],
    },
  },
  repaired: {
    rounds: { one: [[create('stats.a', 'broken'), create('stats.b', 'broken for good')]] },
    making: { repairs: 2 },
    repair: (request) => {
      const text = JSON.stringify(request.messages);
      const code = text.includes('for good') ? 'still broken for good' : 'mended';
      return { code, name: 'shell.execute', required_secrets: ['API_KEY'] };
    },
  },
};

async function endOf(folder: string, making: Making, prefix: readonly RunEvent[] = []) {
  const store = memoryStore({ folder });
  const append = store.append.bind(store);
  const cuts: number[] = [];
  const host = makingHost(folder, { ...making, checks: [fails], host: { store } });
  if (prefix.length > 0) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  store.append = async (lease, events, durability) => {
    cuts.push(events.at(-1)?.seq ?? 0);
    await append(lease, events, durability);
  };
  const run =
    prefix.length > 0
      ? await resumeRun(host, { id: 'r-test' })
      : await startRun(host, { id: 'r-test', plan: makingPlan(making), inputs: [] });
  await run.done;
  const { status, result } = resultOf(run.state, '');
  const log = await logOf(store);
  const made = only(log, 'tool.created').map(({ data: { tool } }) => [
    ...[tool.name, tool.creator, tool.hash, tool.code, tool.repairs, tool.secrets],
  ]);
  const tools = [...(run.state.creation?.tools.keys() ?? [])];
  const refused = only(log, 'tool.refused').map(({ data }) => [data.name, data.problem.status]);
  return { end: { status, result, made: made.sort(), tools, refused: refused.sort() }, cuts, log };
}

describe('tools of a run that is taken up from a part of its log', () => {
  it.each(Object.entries(SCENARIOS))(
    'are those of the whole one, wherever it is cut: %s',
    { timeout: 120_000 },
    async (_, making) => {
      using folder = temporaryFolder();
      const whole = await endOf(folder.path, making);
      expect(whole.end.status).toBe('complete');
      expect(whole.end.made.length).toBeGreaterThan(0);
      for (const length of whole.cuts.slice(0, -1)) {
        const resumed = await endOf(folder.path, making, whole.log.slice(0, length));
        const cut = `after event ${length}, ${whole.log[length - 1]?.type}`;
        expect({ cut, ...resumed.end }).toEqual({ cut, ...whole.end });
      }
    },
  );
});
