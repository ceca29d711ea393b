import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { PlanGraph } from '../../../src/events/plan-graph.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { logOf, temporaryFolder } from '../../make.ts';
import { graphPlan, planGraph, planState, type Steps, stepHost, type TestNode } from '../graphs.ts';

type Persistence = NonNullable<PlanGraph['state']['persistence']>;
type Nodes = Readonly<Record<string, TestNode>>;

const wanted = (change: Partial<Persistence> = {}, state: Partial<PlanGraph['state']> = {}) => ({
  state: planState({
    persistence: { folder: 'data/state', interval: 'per_agent', last: true, ...change },
    ...state,
  }),
});

async function run(folder: string, nodes: Nodes, steps: Steps, change: Partial<PlanGraph>) {
  const host = stepHost(folder, steps);
  const plan = graphPlan(planGraph(nodes, change));
  const started = await startRun(host, { id: 'r-test', plan, inputs: [] });
  await started.done;
  const at = join(host.store.folder('r-test'), 'data/state');
  return { at, state: started.state, log: await logOf(host.store) };
}

const read = (folder: string, name: string): JsonObject =>
  JSON.parse(readFileSync(join(folder, name), 'utf8')) as JsonObject;
const namesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json'))
        .sort()
    : [];

const chain: Nodes = { a: {}, b: { after: ['a'] } };
const steps: Steps = { a: () => ({ n: 1 }), b: () => ({ n: 2 }) };

describe('files of the state', () => {
  it('are written after each node and at the end', async () => {
    using folder = temporaryFolder();
    const { at } = await run(folder.path, chain, steps, wanted({}, { initial: { x: 1 } }));
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
    expect(namesIn(at)).toEqual(['a.json', 'b.json', 'final.json']);
    expect(read(at, 'a.json')).toEqual({ agent_id: 'a', timestamp, state: { x: 1, a: { n: 1 } } });
    const state = { x: 1, a: { n: 1 }, b: { n: 2 } };
    expect(read(at, 'b.json')).toEqual({ agent_id: 'b', timestamp, state });
    expect(read(at, 'final.json')).toEqual({ timestamp, state });
  });

  it.each<[string, Partial<PlanGraph>, string[]]>([
    ['only at the end', wanted({ interval: 'per_run', last: false }), ['final.json']],
    ['only at the end, by hand', wanted({ interval: 'manual' }), ['final.json']],
    ['never, by hand', wanted({ interval: 'manual', last: false }), []],
    ['not at the end', wanted({ last: false }), ['a.json', 'b.json']],
    ['not at all', {}, []],
  ])('are written %s', async (_, change, names) => {
    using folder = temporaryFolder();
    expect(namesIn((await run(folder.path, chain, steps, change)).at)).toEqual(names);
  });

  it('are written for nodes that fail, repeat and fan out, and not for those that are skipped', async () => {
    using folder = temporaryFolder();
    const { at } = await run(
      folder.path,
      {
        bad: { onFailure: 'continue' },
        never: { after: ['bad'] },
        again: { repeat: { interactive: false, max: 2 } },
        each: { fanOut: { source: 'list', variable: 'item', maxParallel: 2 } },
      },
      {
        bad: () => {
          throw new Error('no');
        },
        never: () => ({}),
        ...{ again: ({ round = 0 }) => ({ round }), each: ({ index = 0 }) => ({ index }) },
      },
      wanted({}, { initial: { list: [1, 2] } }),
    );
    expect(namesIn(at)).toEqual(['again.json', 'bad.json', 'each.json', 'final.json']);
    expect(read(at, 'bad.json').state).toMatchObject({ bad: { error: 'no' } });
    expect(read(at, 'again.json').state).toMatchObject({ again: { _loop_iterations: 2 } });
    expect(read(at, 'each.json').state).toMatchObject({ each: { _fan_out_count: 2 } });
  });

  it('of sub-workflows are apart from those around them', async () => {
    using folder = temporaryFolder();
    const graph = planGraph({ a: {} }, wanted());
    const { at } = await run(
      folder.path,
      { a: {}, sub: { kind: 'subworkflow', graph, after: ['a'] } },
      { ...steps, 'sub/a': () => ({ own: true }) },
      wanted(),
    );
    expect(namesIn(at)).toEqual([
      'a.json',
      'final.json',
      'sub.json',
      'sub/a.json',
      'sub/final.json',
    ]);
    expect(read(at, 'sub/a.json').state).toMatchObject({ a: { own: true } });
    expect(read(at, 'a.json').state).toEqual({ a: { n: 1 } });
  });

  it('have no sensitive value in them', async () => {
    using folder = temporaryFolder();
    const { sharing } = planState();
    const { at } = await run(
      folder.path,
      chain,
      { ...steps, b: () => ({ deep: [{ pin: '1234' }], n: 1 }) },
      wanted({}, { initial: { pin: '5678', n: 1 }, sharing: { ...sharing, sensitive: ['pin'] } }),
    );
    for (const name of namesIn(at)) {
      expect(readFileSync(join(at, name), 'utf8')).not.toMatch(/1234|5678/);
    }
    expect(read(at, 'final.json').state).toMatchObject({ pin: '[redacted]', n: 1 });
  });

  it('have names that lead nowhere else, and each its own', async () => {
    using folder = temporaryFolder();
    const ids = [
      '../../up',
      'a/b',
      'a_b',
      'a b',
      'final',
      'Final',
      '.hidden',
      'ä',
      'x'.repeat(300),
    ];
    const nodes = Object.fromEntries(ids.map((id) => [id, {}]));
    const { at, state } = await run(
      folder.path,
      nodes,
      Object.fromEntries(ids.map((id) => [id, () => ({})])),
      wanted(),
    );
    expect(state.status).toBe('complete');
    expect(namesIn(at)).toHaveLength(ids.length + 1);
    const known = namesIn(at).map((name) => read(at, name).agent_id);
    expect(known.filter((id) => id !== undefined).sort()).toEqual([...ids].sort());
    expect(readdirSync(folder.path)).not.toContain('up.json');
  });

  it('are all there after a crash at any place', async () => {
    using folder = temporaryFolder();
    const { at, log } = await run(folder.path, chain, steps, wanted());
    const resumed = async (prefix: readonly RunEvent[]) => {
      rmSync(at, { recursive: true, force: true });
      const store = memoryStore({ folder: folder.path });
      const lease = await store.create('r-test', 'a process that died');
      await store.append(lease, prefix, 'full');
      await store.release(lease);
      await (await resumeRun(stepHost(folder.path, steps, { store }), { id: 'r-test' })).done;
      return namesIn(at);
    };
    for (let length = 1; length <= log.length; length += 1) {
      expect([length, ...(await resumed(log.slice(0, length)))]).toEqual([
        ...[length, 'a.json', 'b.json', 'final.json'],
      ]);
    }
  });

  it('that cannot be written end the run with the reason', async () => {
    using folder = temporaryFolder();
    const change = wanted({ folder: 'blocked' });
    const host = stepHost(folder.path, steps);
    const { files } = host.effects;
    const effects = {
      ...host.effects,
      files: {
        ...files,
        makeFolder: async (path: string, mode?: number) => {
          if (!path.endsWith('/blocked')) return files.makeFolder(path, mode);
          throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        },
      },
    };
    const plan = graphPlan(planGraph(chain, change));
    const started = await startRun({ ...host, effects }, { id: 'r-test', plan, inputs: [] });
    await expect(started.done).rejects.toMatchObject({ code: 'store/full' });
  });
});
