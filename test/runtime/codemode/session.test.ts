import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Plan } from '../../../src/events/plan.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { logOf, only, temporaryFolder, testHost } from '../../make.ts';
import { planAgent, planGraph } from '../graphs.ts';
import { block, CODEMODE, codemodePlan, Ended, type Solve, solveBox } from './solve-box.ts';

type Backend = 'memory' | 'filesystem' | 'workspace';

/** Programs that count in `sdk.state` how often they were run. */
const counts: Solve = async ({ state }) => {
  state.n = Number(state.n ?? 0) + 1;
  return { n: state.n, confidence: 1 };
};
const breaks: Solve = async (sdk) => {
  await counts(sdk);
  throw new Ended({ exitCode: 1, stderr: 'no luck' });
};
const large: Solve = async ({ state }) => {
  state.text = 'x'.repeat(300_000);
  return { n: 0, confidence: 1 };
};
const knows: Solve = async ({ state }) => ({ n: (state.n ?? null) as Json, confidence: 1 });

/** Two nodes of one agent, one after the other. */
function plan(backend: Backend, folder: string): Plan {
  const writer = planAgent('writer', {
    codemode: { ...CODEMODE, state: backend, retries: 2 },
    tools: ['code.solve'],
  });
  return codemodePlan(
    {},
    {
      plan: {
        graph: planGraph({ one: { agent: 'writer' }, two: { agent: 'writer', after: ['one'] } }),
        agents: { writer },
        brought: { tools: [], servers: [], workflow: `${folder}/workflow` },
      },
    },
  );
}

interface Ran {
  values: Json[];
  log: RunEvent[];
  cuts: number[];
}

async function ran(
  folder: string,
  backend: Backend,
  { first, prefix = [] }: { first: string; prefix?: readonly RunEvent[] },
): Promise<Ran> {
  const store = memoryStore({ folder });
  const cuts: number[] = [];
  const append = store.append.bind(store);
  store.append = async (lease, events, durability) => {
    await append(lease, events, durability);
    cuts.push(events.at(-1)?.seq ?? 0);
  };
  const host = testHost(folder, {
    script: ({ messages, headers }) => {
      const isFirst = messages.filter(({ role }) => role === 'assistant').length === 0;
      return block(isFirst && headers['x-awp-agent'] === 'one' ? first : 'counts');
    },
    ...{ store, tools: builtinTools, sandbox: solveBox({ counts, breaks, large, knows }) },
  });
  if (prefix.length > 0) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const run =
    prefix.length > 0
      ? await resumeRun(host, { id: 'r-test' })
      : await startRun(host, { id: 'r-test', plan: plan(backend, folder), inputs: [] });
  await run.done;
  const result = (run.state.ending?.result ?? {}) as Record<string, JsonObject>;
  const values = ['one', 'two'].map((node) => result[node]?.n ?? null);
  return { values, log: await logOf(store), cuts };
}

describe('what programs of an agent keep', () => {
  it.each<[Backend, Json[]]>([
    ['memory', [1, 1]],
    ['filesystem', [1, 2]],
    ['workspace', [1, 2]],
  ])('by %s is there as long as that says', async (backend, values) => {
    using folder = temporaryFolder();
    const { log, ...first } = await ran(folder.path, backend, { first: 'counts' });
    expect(first.values).toEqual(values);
    const [kept] = only(log, 'session.kept');
    expect(kept?.data).toMatchObject({ call: '1/1.p1', backend, bytes: 7 });
    expect(kept?.data.value).toEqual(backend === 'memory' ? { n: 1 } : undefined);
    const again = await ran(folder.path, backend, { first: 'counts' });
    expect(again.values).toEqual(backend === 'workspace' ? [3, 4] : values);
  });

  it.each<Backend>(['memory', 'filesystem', 'workspace'])(
    'by %s is there for the program that is written again',
    async (backend) => {
      using folder = temporaryFolder();
      const { values } = await ran(folder.path, backend, { first: 'breaks' });
      expect(values[0]).toBe(2);
    },
  );

  it.each<Backend>(['memory', 'filesystem', 'workspace'])(
    'by %s is the same when the run is taken up anywhere',
    async (backend) => {
      using folder = temporaryFolder();
      const whole = await ran(folder.path, backend, { first: 'breaks' });
      for (const length of whole.cuts.slice(0, -1)) {
        using other = temporaryFolder();
        // What the process that died had written.
        const before = await ran(other.path, backend, { first: 'breaks' });
        expect(before.values).toEqual(whole.values);
        const dead = before.log.slice(0, length);
        trim(other.path, backend, dead);
        const { values, log } = await ran(other.path, backend, { first: 'breaks', prefix: dead });
        const cut = `after ${length}, ${dead.at(-1)?.type}`;
        expect({ cut, values }).toEqual({ cut, values: whole.values });
        expect(log.filter(({ type }) => type === 'session.kept').length).toBeGreaterThan(0);
      }
    },
  );

  it('is not kept when it is too large, and the value counts', async () => {
    using folder = temporaryFolder();
    const { values, log } = await ran(folder.path, 'memory', { first: 'large' });
    expect(values).toEqual([0, 1]);
    const [returned] = only(log, 'tool.returned');
    expect(JSON.stringify(returned?.data)).toContain('sdk.state was not kept: it has');
  });

  it.each([
    ['no JSON', 'not json'],
    ['of somebody else', '{"n": 7}'],
    [
      'of another kind',
      '{"format":"awp-state","version":1,"run":"r","call":"c","before":{},"value":[]}',
    ],
  ])('begins anew beside a file that is %s, which stays', async (_, text) => {
    using folder = temporaryFolder();
    mkdirSync(`${folder.path}/workflow/workspace/state`, { recursive: true });
    const file = `${folder.path}/workflow/workspace/state/writer.json`;
    writeFileSync(file, text);
    const { values, log } = await ran(folder.path, 'workspace', { first: 'counts' });
    expect(values).toEqual([1, 1]);
    expect(readFileSync(file, 'utf8')).toBe(text);
    const notes = only(log, 'input.resolved').map(({ data }) => data.note);
    expect(notes[0]).toContain('damaged, or none of ours');
    expect(only(log, 'session.kept')).toEqual([]);
  });

  it('begins anew when its file in the run is gone', async () => {
    using folder = temporaryFolder();
    const whole = await ran(folder.path, 'filesystem', { first: 'counts' });
    const at = whole.log.findIndex(({ type }) => type === 'session.kept');
    const dead = whole.log.slice(0, whole.cuts.find((cut) => cut > at) ?? 0);
    using other = temporaryFolder();
    const { values, log } = await ran(other.path, 'filesystem', { first: 'counts', prefix: dead });
    expect(values).toEqual([1, 1]);
    expect(JSON.stringify(log)).toContain('what was kept is gone or was changed');
  });

  it('is in the folder of the workflow, in a file that its agent is named by', async () => {
    using folder = temporaryFolder();
    await ran(folder.path, 'workspace', { first: 'counts' });
    const state = `${folder.path}/workflow/workspace/state`;
    expect(readdirSync(state)).toEqual(['writer.json']);
    const { value, format } = JSON.parse(readFileSync(`${state}/writer.json`, 'utf8'));
    expect({ value, format }).toEqual({ value: { n: 2 }, format: 'awp-state' });
    expect(existsSync(`${folder.path}/r-test/blobs`)).toBe(false);
  });
});

/** Takes back what a process that died there had not come to: its workspace as after its last call. */
function trim(folder: string, backend: Backend, dead: readonly RunEvent[]): void {
  if (backend !== 'workspace') return;
  const kept = dead.filter(({ type }) => type === 'session.kept').length;
  const called = only(dead, 'tool.called').length;
  const file = `${folder}/workflow/workspace/state/writer.json`;
  const calls = ['1/1.p1', '1/2.p1', '2/1.p1'];
  // A call that is out may have written already, or not: both have to end the same way.
  const written = called > kept ? called : kept;
  const stored = {
    ...{ format: 'awp-state', version: 1, run: 'r-test', call: calls[written - 1] },
    ...{ before: written > 1 ? { n: written - 1 } : {}, value: { n: written } },
  };
  writeFileSync(file, written === 0 ? '' : JSON.stringify(stored));
  if (written === 0) writeFileSync(file, JSON.stringify({ ...stored, call: 'x', value: {} }));
}
