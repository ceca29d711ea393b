/**
 * Boxes: what a start adds to the bare interpreter's, a program in a box that was made ready, calls
 * of tools from inside, files back, and what fifty boxes leave behind. `AWP_SANDBOX` names the box.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { type Figure, median } from '../table.ts';
import { collect, report } from '../world.ts';

const STARTS = 15;
const CALLS = 1000;
const policy = { ...sandboxPolicy(), filesBytes: 64 * 1024 * 1024 };
const PYTHON = '/usr/bin/python3';

async function open(name: 'bwrap' | 'jail'): Promise<Sandbox> {
  const effects = nodeEffects();
  const get = (asked: string) => (asked === 'AWP_SANDBOX' ? name : effects.secrets.get(asked));
  const only: Effects = { ...effects, secrets: { get } };
  return await openSandbox(only)(policy);
}

async function run(
  box: Sandbox,
  language: SandboxJob['language'],
  code: string,
  more: Partial<SandboxJob> = {},
): Promise<Execution> {
  const empty = { inputs: undefined, shared: undefined, output: [] };
  const job = { language, code, timeoutMs: 60_000, policy, ...empty, ...more };
  const done = await box.run(job, new AbortController().signal);
  if (done.exitCode !== 0) throw new Error(`${language} in ${box.name}: ${done.stderr}`);
  return done;
}

async function timed(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

async function medianOf(count: number, action: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) times.push(await timed(action));
  return median(times);
}

/** The same program started in turns, bare and in each box, so that a loud moment hits all. */
async function starts(): Promise<Figure[]> {
  const boxes = [await open('bwrap'), await open('jail')];
  const bare: number[] = [];
  const added = new Map(boxes.map((box) => [box, [] as number[]]));
  for (let turn = 0; turn < STARTS; turn++) {
    bare.push(await timed(() => spawnSync(PYTHON, ['-c', 'print(1)'])));
    for (const box of boxes) added.get(box)?.push((await run(box, 'python', 'print(1)')).ms);
  }
  const floor = { name: 'bare python3', value: median(bare) };
  const aims = new Map([
    ['bwrap', 15],
    ['jail', 25],
  ]);
  await Promise.all(boxes.map((box) => box.close()));
  return boxes.map((box) => ({
    name: `start of a Python program, added by ${box.name}`,
    value: median(added.get(box) ?? []) - floor.value,
    unit: 'ms wall',
    floor,
    aim: { atMost: aims.get(box.name) ?? 0 },
  }));
}

const CHART = `
import pandas as pd, matplotlib.pyplot as plt
table = pd.DataFrame({'x': range(100), 'y': [value * value for value in range(100)]})
table.plot(x='x', y='y')
plt.savefig('output/chart.png')`;

/** A box is made ready before each program, as it is while a worker waits for its model. */
async function warm(box: Sandbox, code: string): Promise<number> {
  const coming = { policy, inputs: undefined, shared: undefined, language: 'python' } as const;
  const times: number[] = [];
  for (let turn = 0; turn < STARTS; turn++) {
    box.prepare(coming);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    times.push((await run(box, 'python', code)).ms);
  }
  return median(times);
}

async function warmFigures(): Promise<Figure[]> {
  const box = await open('bwrap');
  const cold = await medianOf(5, () => run(box, 'python', `import pandas\n${CHART}`));
  const trivial = await warm(box, 'import pandas\nprint(1)');
  const chart = await warm(box, CHART);
  await box.close();
  const floor = { name: 'the chart in a fresh box', value: cold };
  return [
    { name: 'trivial program, warm box', value: trivial, unit: 'ms wall', aim: { atMost: 2 } },
    {
      name: 'chart by pandas, warm box',
      value: chart,
      unit: 'ms wall',
      floor,
      aim: { atMost: 80 },
    },
  ];
}

const CALLING = {
  python: `
import time
start = time.perf_counter()
for i in range(${CALLS}): tools.call('bench.echo', i=i)
print((time.perf_counter() - start) * 1000 / ${CALLS})`,
  javascript: `
const start = performance.now();
for (let i = 0; i < ${CALLS}; i++) await tools.call('bench.echo', { i });
console.log((performance.now() - start) / ${CALLS});`,
};

async function calls(): Promise<Figure[]> {
  const box = await open('bwrap');
  const tools = {
    names: ['bench.echo'],
    call: async (_name: string, args: object) => ({ ok: true, status: 200, data: { ...args } }),
  };
  const figures: Figure[] = [];
  for (const language of ['python', 'javascript'] as const) {
    const more = { tools, policy: { ...policy, toolCalls: CALLS } };
    const times: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      times.push(Number((await run(box, language, CALLING[language], more)).stdout));
    }
    figures.push({
      name: `tool call from inside, ${language}`,
      ...{ value: median(times), unit: 'ms wall', aim: { atMost: 0.1 } },
    });
  }
  const bytes = 12 * 1024 * 1024;
  const empty = await medianOf(5, () => run(box, 'python', "open('output/a', 'wb')"));
  const code = `import os\nopen('output/a', 'wb').write(os.urandom(${bytes}))`;
  const full = await medianOf(5, () => run(box, 'python', code));
  await box.close();
  const aim = { atMost: 150 };
  figures.push({ name: 'artifact of 12 MB back', value: full - empty, unit: 'ms wall', aim });
  return figures;
}

interface Left {
  descriptors: number;
  processes: number;
  megabytes: number;
}

function held(): Left {
  collect();
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    processes: children === '' ? 0 : children.split(' ').length,
    megabytes: process.memoryUsage().heapUsed / 1e6,
  };
}

async function fifty(): Promise<Figure[]> {
  const box = await open('bwrap');
  for (let turn = 0; turn < 10; turn++) await run(box, 'python', 'print(1)');
  const before = held();
  for (let turn = 0; turn < 50; turn++) await run(box, 'python', 'print(1)');
  const after = held();
  await box.close();
  const left = (name: keyof Left): number => after[name] - before[name];
  return [
    ...(['descriptors', 'processes'] as const).map((name) => ({
      name: `${name} left by 50 boxes`,
      ...{ value: left(name), unit: '', aim: { atMost: 0 } },
    })),
    {
      name: 'heap left by 50 boxes',
      ...{ value: left('megabytes'), unit: 'MB', aim: { atMost: 1 } },
    },
  ];
}

const parts = { starts, warm: warmFigures, calls, fifty };
const part = process.argv[2] as keyof typeof parts;
report(await parts[part]());
