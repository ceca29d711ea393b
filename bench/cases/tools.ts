/**
 * Tools that agents make, in bubblewrap: a call of one, and the making of one (its static checks and
 * its trial), both beside a program of the same size in a box that is as ready; and what a thousand
 * calls of one leave behind.
 */
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { CreatedTool } from '../../src/events/creation.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { ComingJob, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import type { Tool, ToolContext, Workspace } from '../../src/ports/tool.ts';
import type { DraftContext, DraftPlace } from '../../src/ports/toolsmith.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { codeExecute } from '../../src/tools/code-execute.ts';
import { toolsmith } from '../../src/tools/created/index.ts';
import { type Figure, median } from '../table.ts';
import { collect, folder, report } from '../world.ts';

const ROUNDS = 8;
const CALLS = 1000;
/** Calls that are made at the same time. */
const LANES = 4;
/** How long a box gets to be ready, in milliseconds. */
const READY_MS = 2500;

const CODE = {
  python: `def handler(*, text, factor=2):
    words = [word for word in text.lower().split() if word.isalpha()]
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    scores = {word: count * factor for word, count in counts.items()}
    best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:10]
    return {'ok': True, 'status': 200, 'data': {'best': best, 'words': len(words)}}
`,
  javascript: `export function handler({ text, factor = 2 }) {
  const words = text.toLowerCase().split(/\\s+/).filter((word) => /^[a-z]+$/.test(word));
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const scores = [...counts].map(([word, count]) => [word, count * factor]);
  const best = scores.sort((a, b) => b[1] - a[1]).slice(0, 10);
  return { ok: true, status: 200, data: { best, words: words.length } };
}
`,
};
const PRINTED = {
  python: "import json\nprint(json.dumps(handler(text='one two two')))",
  javascript: "console.log(JSON.stringify(handler({ text: 'one two two' })));",
};
/** Aims for making one: Python is read by Python, in a box of its own. */
const MOST = { python: 2.3, javascript: 1.3 };
type Language = keyof typeof CODE;

const policy = sandboxPolicy();
const place: DraftPlace = {
  namespace: { name: 'bench', capabilities: ['compute'], hosts: [], secrets: [] },
  ...{ dryRunMs: 5000, callMs: 10_000 },
};

function draftOf(language: Language): CreatedTool {
  const properties = { text: { type: 'string' }, factor: { type: 'integer', default: 2 } };
  const parameters = { type: 'object', properties, required: ['text'] };
  return {
    ...{ name: 'bench.words', description: 'Scores words', parameters, code: CODE[language] },
    ...{ language, secrets: [], namespace: 'bench', hash: '', creator: 'w', origin: 'agent' },
    ...{ createdAt: new Date(0).toISOString(), repairs: 0 },
  };
}

async function open(): Promise<Sandbox> {
  const effects = nodeEffects();
  const get = (asked: string) => (asked === 'AWP_SANDBOX' ? 'bwrap' : effects.secrets.get(asked));
  const only: Effects = { ...effects, secrets: { get } };
  return await openSandbox(only)(policy);
}

function contextIn(box: Sandbox): ToolContext & DraftContext {
  const write: Workspace['write'] = async (path, { length }) => ({ path, bytes: length });
  return {
    workspace: { inputs: undefined, shared: undefined, write, output: async () => [] } as never,
    ...{ signal: new AbortController().signal, timeoutMs: 60_000, agent: '1.1' },
    ...{ sandbox: async () => box, sandboxPolicy: policy, boxTools: undefined },
    ...{ boxSecrets: undefined, secrets: new Map(), secretFor: () => undefined },
    ...{ effects: nodeEffects(), progress: () => {}, denied: () => {}, warn: () => {} },
    schemaProblem: async () => undefined,
  };
}

async function call(tool: Tool, args: Parameters<Tool['run']>[0], context: ToolContext) {
  const { ok, error } = await tool.run(args, context);
  if (!ok) throw new Error(error);
}

/** Each draft is a new one: what is known of the last is of no use. */
async function make(last: CreatedTool, context: DraftContext): Promise<void> {
  const mark = last.language === 'python' ? '#' : '//';
  const draft = { ...last, code: `${last.code}${mark} ${performance.now()}\n` };
  toolsmith.hashOf(draft);
  for (const { check } of toolsmith.checks) {
    const problem = await check(draft, place, context);
    if (problem) throw new Error(problem.error);
  }
}

type Way = 'plain' | 'called' | 'made';
const WAYS: readonly Way[] = ['plain', 'called', 'made'];

/** One way in a box of its own, and what it is likely to run next. */
interface Runner {
  box: Sandbox;
  run(): Promise<void>;
  coming: ComingJob;
  times: number[];
}

async function runnerOf(way: Way, language: Language): Promise<Runner> {
  const box = await open();
  const context = contextIn(box);
  const draft = draftOf(language);
  const tool = toolsmith.tool(draft, place);
  const program = { language, code: CODE[language] + PRINTED[language] };
  const run = {
    plain: () => call(codeExecute, program, context),
    called: () => call(tool, { text: 'one two two' }, context),
    made: () => make(draft, context),
  }[way];
  const seen: SandboxJob[] = [];
  const watch: Sandbox['run'] = async (job, signal) => {
    seen.push(job);
    return await box.run(job, signal);
  };
  const watched = { ...box, run: watch };
  context.sandbox = async () => watched;
  await run();
  context.sandbox = async () => box;
  const last = seen.at(-1);
  if (!last) throw new Error(`${way} ran nothing`);
  return { box, run, coming: last, times: [] };
}

/** In turns, so that a loud moment hits all; each finds boxes that wait for it. */
async function ratios(language: Language): Promise<Figure[]> {
  const [plain, called, made] = await Promise.all(WAYS.map((way) => runnerOf(way, language)));
  if (!plain || !called || !made) throw new Error('a way is missing');
  for (let round = 0; round < ROUNDS; round++) {
    for (const { box, run, coming, times } of [plain, called, made]) {
      box.prepare(coming);
      await new Promise((resolve) => setTimeout(resolve, READY_MS));
      const start = performance.now();
      await run();
      times.push(performance.now() - start);
    }
  }
  await Promise.all([plain, called, made].map(({ box }) => box.close()));
  const floor = { name: 'code.execute of the same code, warm', value: median(plain.times) };
  return [
    {
      name: `call of a made tool, ${language}, warm`,
      ...{ value: median(called.times), unit: 'ms wall', floor, aim: { timesFloor: 1.2 } },
    },
    {
      name: `making a tool (checks and trial), ${language}, warm`,
      ...{ value: median(made.times), unit: 'ms wall', floor },
      aim: { timesFloor: MOST[language] },
    },
  ];
}

interface Left {
  descriptors: number;
  processes: number;
  folders: number;
  megabytes: number;
}

function held(): Left {
  collect();
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    processes: children === '' ? 0 : children.split(' ').length,
    folders: readdirSync(tmpdir()).filter((name) => name.startsWith('awp-')).length,
    megabytes: process.memoryUsage().heapUsed / 1e6,
  };
}

async function calls(tool: Tool, context: ToolContext, count: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await call(tool, { text: `one two ${next}` }, context);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function thousand(): Promise<Figure[]> {
  // A temporary folder of this process alone; the box's user passes through it.
  using own = folder();
  chmodSync(own.path, 0o755);
  process.env.TMPDIR = own.path;
  const box = await open();
  const context = contextIn(box);
  const tool = toolsmith.tool(draftOf('python'), place);
  await calls(tool, context, 50);
  const before = held();
  await calls(tool, context, CALLS);
  const after = held();
  await box.close();
  const most = { descriptors: 0, processes: 0, folders: 0, megabytes: 2 };
  const units = { descriptors: '', processes: '', folders: '', megabytes: 'MB' };
  return (['descriptors', 'processes', 'folders', 'megabytes'] as const).map((name) => ({
    name: `${name === 'megabytes' ? 'heap' : name} left by ${CALLS} calls of a made tool`,
    ...{ value: after[name] - before[name], unit: units[name], aim: { atMost: most[name] } },
  }));
}

const parts = {
  python: () => ratios('python'),
  javascript: () => ratios('javascript'),
  thousand,
};
report(await parts[process.argv[2] as keyof typeof parts]());
