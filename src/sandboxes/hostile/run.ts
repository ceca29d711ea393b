import type { SandboxPolicy } from '../../events/plan.ts';
import type { Effects } from '../../ports/effects.ts';
import type { BoxTools, Execution, Sandbox, SandboxJob } from '../../ports/sandbox.ts';
import { lookAtMachine, type Machine } from '../machine.ts';
import { type Bait, layBait } from './bait.ts';
import { expectedOf, type Judgement, judge } from './judge.ts';
import { HOSTILE_PROGRAMS } from './programs.ts';
import type { BoxKind, HostileProgram, Verdict } from './types.ts';

/** What came of one program. */
export interface HostileResult extends Judgement {
  id: string;
  title: string;
  language: HostileProgram['language'];
  /** Verdicts that are as they should be. */
  expected: readonly Verdict[];
  ok: boolean;
  /** Wall clock, in milliseconds. */
  ms: number;
}

/** What came of all programs in one box. */
export interface HostileReport {
  kind: BoxKind;
  /** Whether every verdict is as it should be. */
  ok: boolean;
  results: readonly HostileResult[];
  /** Ids of programs whose language the box does not run. */
  skipped: readonly string[];
}

/** Which programs, and how they are followed. */
export interface HostileOptions {
  /** Ids, or what they begin with: `P`, `R0`. All when left out. */
  only?: readonly string[];
  /** Told of every program when it is over. */
  progress?(result: HostileResult): void;
  /** The list; THE list when left out. */
  programs?: readonly HostileProgram[];
  /** Ends the programs that run and starts no more. */
  signal?: AbortSignal;
}

const MIB = 1024 * 1024;
const TIMEOUT_MS = 10_000;
/** After a program's time, until a box that has not ended it counts as hung, in milliseconds. */
const GRACE_MS = 6000;
/** How long what a program left running may take to be gone, in milliseconds. */
const LEFT_MS = 1000;
const LOOK_MS = 50;
/** Programs that do not use much run side by side. */
const LANES = 2;

/** Small limits: so they are reached quickly, and without using much of the machine. */
const STRICT: SandboxPolicy = {
  minimum: 'none',
  ...{ timeoutMs: TIMEOUT_MS, memoryMb: 128, cpuSeconds: 8, processes: 32 },
  ...{ outputChars: 4000, filesBytes: 8 * MIB, fileBytes: 4 * MIB, files: 20 },
  ...{ openFiles: 128, toolCalls: 50, hosts: [], session: 'fresh', languages: [] },
  packages: { python: [], javascript: [] },
};

/** Where there is no boundary, programs show that they attack: there the limits are out of reach. */
const LOOSE: Partial<SandboxPolicy> = {
  ...{ memoryMb: 8192, cpuSeconds: 60, processes: 4000 },
  ...{ filesBytes: 2000 * MIB, fileBytes: 2000 * MIB, files: 50_000 },
  ...{ openFiles: 4096, toolCalls: 100_000 },
};

/**
 * Runs the hostile programs in a box and says whether each came out as it should. `open` gives the
 * box; it is closed afterwards. Throws only if there is no box or the bait cannot be laid.
 */
export async function runHostile(
  effects: Effects,
  open: () => Promise<Sandbox>,
  options: HostileOptions = {},
): Promise<HostileReport> {
  const machine = await lookAtMachine(effects);
  const box = await open();
  try {
    const kind = kindOf(box);
    const bench: Bench = {
      // Without a boundary programs run as we do: then so does the bait.
      machine: kind === 'none' ? { effects, uid: undefined } : machine,
      ...{ box, kind, options, results: new Map() },
    };
    const chosen = (options.programs ?? HOSTILE_PROGRAMS).filter(({ id }) =>
      (options.only ?? ['']).some((start) => id.startsWith(start)),
    );
    const there = new Set(box.languages.map(({ language }) => language));
    const programs = chosen.filter(({ language }) => there.has(language));
    const light = programs.filter(({ heavy }) => !heavy).values();
    await Promise.all(Array.from({ length: LANES }, () => runLane(bench, light)));
    await runLane(bench, programs.filter(({ heavy }) => heavy).values());
    const results = programs.flatMap(({ id }) => bench.results.get(id) ?? []);
    const skipped = chosen.filter(({ language }) => !there.has(language)).map(({ id }) => id);
    return { kind, ok: results.every(({ ok }) => ok), results, skipped };
  } finally {
    await box.close();
  }
}

/** The jail says in its words whether the kernel gave it namespaces of its own. */
function kindOf({ name, isolation }: Sandbox): BoxKind {
  if (name !== 'jail') return name;
  return isolation.includes('own namespaces') ? 'jail' : 'jail-without-namespaces';
}

/** What all programs of one report share. */
interface Bench {
  machine: Machine;
  box: Sandbox;
  kind: BoxKind;
  options: HostileOptions;
  results: Map<string, HostileResult>;
}

/** Takes programs from a queue until it is empty. Each lane has a bait of its own. */
async function runLane(bench: Bench, queue: Iterator<HostileProgram>): Promise<void> {
  let bait: Bait | undefined;
  try {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      if (bench.options.signal?.aborted) return;
      const program = next.value;
      bait ??= await layBait(bench.machine);
      const { result, harmed } = await runOne(bench, program, bait);
      bench.results.set(program.id, result);
      bench.options.progress?.(result);
      if (!harmed) continue;
      await bait.close();
      bait = undefined;
    }
  } finally {
    await bait?.close();
  }
}

async function runOne(
  bench: Bench,
  program: HostileProgram,
  bait: Bait,
): Promise<{ result: HostileResult; harmed: boolean }> {
  const { effects } = bench.machine;
  const own = { timeoutMs: program.timeoutMs ?? TIMEOUT_MS, ...program.policy };
  const strict = { ...STRICT, ...own };
  const policy = bench.kind === 'none' ? { ...strict, ...LOOSE } : strict;
  const marker = `awp-left-${Buffer.from(effects.random.bytes(6)).toString('hex')}`;
  const code = program.code({ ...bait.facts, marker, policy: strict });
  const job: SandboxJob = {
    ...{ language: program.language, code, timeoutMs: strict.timeoutMs, policy },
    ...{ inputs: bait.facts.inputs, shared: bait.shared, output: [], tools: TOOLS },
  };
  const start = effects.clock.monotonic();
  const given = await runBounded(bench, job);
  const ms = Math.round(effects.clock.monotonic() - start);
  const left = await leftRunning(effects, marker);
  const state = await bait.look();
  const late = given.execution === undefined ? given.hung : ms > job.timeoutMs + GRACE_MS;
  const seen = { ...given, state, left, late, secret: bait.secret, policy };
  const judgement = judge(program, seen);
  const expected = expectedOf(program, bench.kind);
  const { id, title, language } = program;
  const ok = expected.includes(judgement.verdict);
  const harmed = state.changed.length > 0 || state.victim !== 'alive';
  return { result: { id, title, language, ...judgement, expected, ok, ms }, harmed };
}

interface Given {
  execution: Execution | undefined;
  failure?: string;
  /** Whether the box neither gave a result nor an error. */
  hung: boolean;
}

/** Runs a program, and gives a box up that does not end it. */
async function runBounded({ box, machine, options }: Bench, job: SandboxJob): Promise<Given> {
  const giveUp = new AbortController();
  const signals = [giveUp.signal, ...(options.signal ? [options.signal] : [])];
  const hung = Promise.withResolvers<Given>();
  const { clock } = machine.effects;
  const cancels: (() => void)[] = [];
  const abort = clock.timer(job.timeoutMs + GRACE_MS, () => {
    giveUp.abort();
    cancels.push(clock.timer(GRACE_MS, () => hung.resolve({ execution: undefined, hung: true })));
  });
  cancels.push(abort);
  const run = box.run(job, AbortSignal.any(signals)).then(
    (execution): Given => ({ execution, hung: false }),
    (error): Given => ({ execution: undefined, failure: String(error), hung: false }),
  );
  const given = await Promise.race([run, hung.promise]);
  for (const cancel of cancels) cancel();
  return given;
}

/** How many processes with the marker are still there when their time is over; none stays longer. */
async function leftRunning(effects: Effects, marker: string): Promise<number> {
  const { clock, processes } = effects;
  const end = clock.monotonic() + LEFT_MS;
  let pids = await processesWith(effects, marker);
  while (pids.length > 0 && clock.monotonic() < end) {
    await new Promise<void>((resolve) => void clock.timer(LOOK_MS, resolve));
    pids = await processesWith(effects, marker);
  }
  for (const pid of pids) processes.end(pid);
  return pids.length;
}

async function processesWith({ files }: Effects, marker: string): Promise<number[]> {
  const pids = (await files.list('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => {
      // One that has just ended has no command line any more.
      const line = await files.readText(`/proc/${pid}/cmdline`).catch(() => '');
      return line.includes(marker) ? Number(pid) : undefined;
    }),
  );
  return lines.filter((pid) => pid !== undefined);
}

/** The one tool that programs may call: it gives back what it was given. */
const TOOLS: BoxTools = {
  names: ['bait.echo'],
  call: async (_name, args) => ({ ok: true, status: 200, data: args }),
};
