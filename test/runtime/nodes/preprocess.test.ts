import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import type { Execution, Sandbox, SandboxJob } from '../../../src/ports/sandbox.ts';
import { type Run, resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { logOf, nothingKept, only, temporaryFolder } from '../../make.ts';
import { openBox } from '../../sandboxes/boxes.ts';
import { openQuickjs } from '../../sandboxes/quickjs-box.ts';
import {
  endOf,
  graphPlan,
  planAgent,
  planGraph,
  planState,
  runPlan,
  stepHost,
  until,
} from '../graphs.ts';

type Program = PlanAgent['preprocessors'][number];

/** A step that is a function, and an agent behind it with these preprocessors. */
function prepared(preprocessors: readonly Program[], change: Partial<Plan> = {}): Plan {
  const graph = planGraph(
    { first: {}, x: { agent: 'x', after: ['first'] } },
    { state: planState({ initial: { unit: 'EUR' } }) },
  );
  return graphPlan(graph, { agents: { x: planAgent('x', { preprocessors }) }, ...change });
}

const python = (name: string, code: string): Program => ({
  name: `agents/x/${name}`,
  language: 'python',
  code,
});
const javascript = (name: string, code: string): Program => ({
  name: `agents/x/${name}`,
  language: 'javascript',
  code,
});

const SUM = `import json, sys
given = json.load(open(sys.argv[1]))
assert given == json.load(sys.stdin)
open('output/sum.txt', 'w').write('kept')
print('working')
print(json.dumps({'sum': sum(given['input']['first']['list']), 'unit': given['input']['unit']}))
`;
const DOUBLE = `import { readFileSync } from 'node:fs';
const { preprocessed, task } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
console.log(JSON.stringify({ double: 2 * (preprocessed.sum ?? 3), task }));
`;
const ANSWER: JsonObject = { fine: true, confidence: 1 };

/** Runs a plan in a box. */
async function runIn(sandbox: Sandbox, plan: Plan) {
  using folder = temporaryFolder();
  const prompts: string[] = [];
  const host = stepHost(
    folder.path,
    { first: () => ({ list: [1, 2, 4] }) },
    {
      sandbox,
      script: ({ messages }) => {
        prompts.push(messages.map(({ text }) => text).join('\n'));
        return ANSWER;
      },
    },
  );
  const ran = await runPlan(host, plan);
  await sandbox.close();
  return { ...ran, prompts };
}

/** A box that does what it is told. */
function fakeBox(
  run: (job: SandboxJob, signal: AbortSignal) => Partial<Execution> | Promise<Partial<Execution>>,
): Sandbox {
  return {
    ...{ name: 'none', isolation: 'nothing' },
    languages: [{ language: 'python', description: 'Python' }],
    run: async (job, signal) => ({
      ...{ exitCode: 0, stdout: '', stderr: '', limits: [], files: [], notes: [], ms: 1 },
      ...(await run(job, signal)),
    }),
    ...nothingKept,
  };
}

describe('preprocessors in boxes of this machine', () => {
  it.each(['bwrap', 'none'] as const)(
    '%s: run in order, and what they made is shown',
    async (name) => {
      const plan = prepared([python('sum.py', SUM), javascript('double.js', DOUBLE)]);
      const box = await openBox(name);
      const { state, log, prompts } = await runIn(box, plan);
      expect(endOf(state), JSON.stringify(only(log, 'tool.returned'))).toMatchObject({
        status: 'complete',
      });
      expect(
        only(log, 'tool.returned').map(({ data }) => [
          data.call,
          data.tool,
          data.data,
          data.log,
          data.files,
        ]),
      ).toEqual([
        ['2/p1', 'preprocess.sum', { sum: 7, unit: 'EUR' }, 'working', ['sum.txt']],
        ['2/p2', 'preprocess.double', { double: 14, task: plan.task }, undefined, undefined],
      ]);
      expect(prompts).toHaveLength(1);
      expect(prompts[0]).toMatch(/### preprocessed\n[\s\S]*"sum": ?7[\s\S]*"double": ?14/);
      expect(state.artifacts.get('sum.txt')).toMatchObject({ agent: '2' });
      expect(state.ledger.used.tools).toBe(2);
    },
    120_000,
  );

  it('quickjs: run JavaScript', async () => {
    const { state, log } = await runIn(
      await openQuickjs(),
      prepared([javascript('double.js', DOUBLE)]),
    );
    expect(endOf(state), JSON.stringify(only(log, 'tool.returned'))).toMatchObject({
      status: 'complete',
    });
    expect(only(log, 'tool.returned')[0]?.data.data).toMatchObject({ double: 6 });
  }, 120_000);
});

describe('a preprocessor', () => {
  it.each<[string, Partial<Execution>, JsonObject]>([
    ['prints nothing', {}, {}],
    ['prints one object', { stdout: '{"a": 1}\n' }, { a: 1 }],
    ['prints an object on many lines', { stdout: '{\n"a": 1\n}' }, { a: 1 }],
    ['prints an object at last', { stdout: 'so\n{"a": 1}' }, { a: 1 }],
    [
      'writes a file',
      { stdout: 'so', files: [{ path: 'preprocessed.json', bytes: Buffer.from('{"a": 2}') }] },
      { a: 2 },
    ],
  ])('that %s has brought what is in it', async (_, execution, expected) => {
    const { state, log } = await runIn(
      fakeBox(() => execution),
      prepared([python('a.py', '')]),
    );
    expect(endOf(state).status).toBe('complete');
    expect(only(log, 'tool.returned')[0]?.data.data).toEqual(expected);
    expect(only(log, 'artifact.written')).toEqual([]);
  });

  it('says which of its files were left out', async () => {
    const files = ['a.txt', '../b.txt'].map((path) => ({ path, bytes: Buffer.from('x') }));
    const { state, log } = await runIn(
      fakeBox(() => ({ stdout: '{}', notes: ['left out 9 more files'], stderr: 'w', files })),
      prepared([python('a.py', '')]),
    );
    expect(endOf(state).status).toBe('complete');
    expect(only(log, 'tool.returned')[0]?.data.log).toMatch(
      /^left out 9 more files\noutput\/\.\.\/b\.txt was not kept: .*\nw$/,
    );
    expect(only(log, 'artifact.written').map(({ data }) => data.path)).toEqual(['a.txt']);
  });

  it.each<[string, Partial<Execution>, RegExp]>([
    [
      'ends with another status',
      { exitCode: 2, stderr: 'ValueError: no' },
      /^a\.py: it ended with status 2\nValueError: no$/,
    ],
    [
      'is stopped',
      { exitCode: undefined, stopped: 'memory' },
      /^a\.py: it was stopped: limit memory$/,
    ],
    ['prints a list', { stdout: '[1]' }, /^a\.py: it printed no JSON object, but: \[1\]$/],
    ['prints words', { stdout: 'hello', stderr: 'w' }, /no JSON object, but: hello\nw$/],
    [
      'prints more than is kept',
      { stdout: `{"a": "${'x'.repeat(2_000_000)}\n[... 9 characters left out ...]\n"}` },
      /^a\.py: it printed more than [\d,]+ characters: write output\/preprocessed\.json$/,
    ],
    [
      'writes a file that is none',
      { files: [{ path: 'preprocessed.json', bytes: Buffer.from('x') }] },
      /output\/preprocessed\.json is no JSON object$/,
    ],
  ])('that %s fails its node before any question', async (_, execution, message) => {
    const { state, prompts } = await runIn(
      fakeBox(() => execution),
      prepared([python('a.py', ''), python('b.py', '')]),
    );
    expect(endOf(state)).toMatchObject({ status: 'failed', reason: 'step/preprocessor-failed' });
    expect(state.frames.get('2')?.outcome?.message).toMatch(message);
    expect(state.frames.get('2')?.prepared).toHaveLength(1);
    expect(prompts).toEqual([]);
  });

  it('in a language that the box does not have fails its node', async () => {
    const { state } = await runIn(
      fakeBox(() => ({})),
      prepared([javascript('a.js', '')]),
    );
    expect(state.frames.get('2')?.outcome?.message).toMatch(/has no javascript; it has python$/);
  });

  it('counts as a tool call, and is not run beyond the limit', async () => {
    const plan = prepared([python('a.py', ''), python('b.py', '')]);
    const { state } = await runIn(
      fakeBox(() => ({})),
      { ...plan, limits: { ...plan.limits, tools: 1 } },
    );
    expect(state.frames.get('2')?.outcome?.code).toBe('budget/tools');
    expect(state.ledger.used.tools).toBe(1);
  });

  it('that has ended is not run again when the run is taken up again', async () => {
    using folder = temporaryFolder();
    const store = memoryStore({ folder: folder.path });
    const runs: string[] = [];
    const started = Promise.withResolvers<Run>();
    let stopping = true;
    const sandbox = fakeBox(async ({ code }, signal) => {
      runs.push(code);
      if (code === 'two' && stopping) {
        stopping = false;
        (await started.promise).stop('for the test');
        await until(signal);
      }
      return { stdout: JSON.stringify({ [code]: runs.length }) };
    });
    const plan = prepared([python('a.py', 'one'), python('b.py', 'two')]);
    const host = stepHost(
      folder.path,
      { first: () => ({}) },
      { sandbox, store, script: () => ANSWER },
    );
    const run = await startRun(host, { id: 'r-test', plan, inputs: [] });
    started.resolve(run);
    await run.done;
    const again = await resumeRun(host, { id: 'r-test' });
    await again.done;
    expect(endOf(again.state).status).toBe('complete');
    expect(runs).toEqual(['one', 'two', 'two']);
    expect(only(await logOf(store), 'tool.returned').map(({ data }) => data.data)).toEqual([
      { one: 1 },
      { two: 3 },
    ]);
  });
});
