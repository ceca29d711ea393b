import { normalPath, pathProblem } from '../base/paths.ts';
import type { Language } from '../events/plan.ts';
import type { Execution, SandboxFile, SandboxJob, SandboxLimit } from '../ports/sandbox.ts';
import { type BoxEnd, type BoxRun, notStarted } from './box.ts';
import type { Frame } from './frames.ts';
import type { Stop } from './stopper.ts';
import { trimTrace } from './trim-trace.ts';

/** What came out of a box, told in the port's words. */

/** Exit codes as a shell gives them: SIGKILL, SIGXCPU, SIGXFSZ, and SIGABRT, with which V8 ends out of memory. */
const EXIT_KILLED = 137;
const EXIT_CPU = 152;
const EXIT_FILE_SIZE = 153;
const EXIT_ABORT = 134;

/** How programs tell of a limit that the kernel holds for them. */
const SIGNS: readonly [SandboxLimit, RegExp][] = [
  ['open-files', /\bEMFILE\b|Too many open files|too many open files/],
  ['file-size', /\bEFBIG\b|File too large|file too large/],
  ['disk', /\bENOSPC\b|No space left on device|no space left on device/],
  [
    'processes',
    /can't start new thread|uv_thread_create|BlockingIOError: \[Errno 11\]|spawn\w* \S* ?EAGAIN|Resource temporarily unavailable/,
  ],
  ['memory', /\bMemoryError\b|heap out of memory|Array buffer allocation failed|\bENOMEM\b/],
];

/** What the program did. Throws `sandbox/broken` if it was never started. */
export function toExecution(end: BoxEnd, { launch, job }: BoxRun, ms: number): Execution {
  const { code, frames } = end;
  if (end.stopped === undefined && !end.started) {
    throw notStarted(launch, reasonOf(end) || `exit code ${code}`);
  }
  const isNode = job.language === 'javascript' || job.language === 'typescript';
  const stderr = trimmed(end.stderr, job.language);
  const said = frames.find(({ kind }) => kind === 'X');
  const stopped = end.stopped ?? (said ? limitNamed(said) : byStatus(end, isNode));
  const { files, notes, limits } = collected(frames, job);
  if (stopped === undefined && !frames.some(({ kind }) => kind === 'D')) {
    notes.push('the box ended before all files could be collected');
  }
  const exitCode = stopped === undefined ? code : undefined;
  return {
    ...{ exitCode, stdout: end.stdout, stderr },
    ...(stopped !== undefined && { stopped }),
    limits: limitsOf(end, stopped, limits),
    ...{ files, notes },
    ...(end.requests !== undefined && { requests: end.requests }),
    ms,
  };
}

/** The execution of a program that was cancelled before it began. */
export function neverStarted(): Execution {
  const nothing = { exitCode: undefined, stdout: '', stderr: '', limits: [], files: [], notes: [] };
  return { ...nothing, stopped: 'cancelled', ms: 0 };
}

/** Error output without what is ours, by language. */
function trimmed(stderr: string, language: Language): string {
  if (language === 'python') return stderr;
  // The folder of the program's file is no more when somebody reads this.
  if (language === 'shell') return stderr.replace(/^\/\S*\/(?=program\.sh: )/gm, '');
  return trimTrace(stderr);
}

/** What the box itself said before or instead of a program. */
function reasonOf({ stderr, frames }: BoxEnd): string {
  const early = frames.filter(({ kind }) => kind === 'W').map(({ payload }) => payload);
  return `${Buffer.concat(early).toString()}${stderr}`.trim().slice(-500);
}

function limitNamed({ name }: Frame): SandboxLimit {
  return name === 'disk' ? 'disk' : 'files';
}

function byStatus({ code, stderr, hit }: BoxEnd, isNode: boolean): Stop | undefined {
  if (code === EXIT_KILLED && hit.includes('memory')) return 'memory';
  if (code === EXIT_CPU) return 'cpu';
  if (code === EXIT_FILE_SIZE) return 'file-size';
  if (isNode && code === EXIT_ABORT && stderr.includes('out of memory')) return 'memory';
  return undefined;
}

function limitsOf(
  end: BoxEnd,
  stopped: Stop | undefined,
  left: ReadonlySet<SandboxLimit>,
): SandboxLimit[] {
  const limits = new Set<SandboxLimit>(left);
  if (stopped !== undefined && stopped !== 'cancelled') limits.add(stopped);
  for (const limit of end.hit) limits.add(limit);
  // A program that ended well has coped with whatever it printed about.
  const failed = stopped !== undefined || end.code !== 0;
  for (const [limit, sign] of SIGNS) if (failed && sign.test(end.stderr)) limits.add(limit);
  return [...limits];
}

interface Collected {
  files: SandboxFile[];
  notes: string[];
  limits: Set<SandboxLimit>;
}

function collected(frames: readonly Frame[], job: SandboxJob): Collected {
  const before = new Map(job.output.map(({ path, bytes }) => [normalPath(path), bytes]));
  const files = new Map<string, SandboxFile>();
  const notes: string[] = [];
  const limits = new Set<SandboxLimit>();
  let left = job.policy.filesBytes;
  for (const { kind, name, payload } of frames) {
    if (kind === 'N') {
      notes.push(name.slice(0, 400));
      for (const limit of limitsInNote(name)) limits.add(limit);
    }
    if (kind !== 'F' || same(before.get(normalPath(name)), payload)) continue;
    const problem = fileProblem(name, payload, { job, left, count: files.size });
    if (problem) {
      notes.push(`left out ${JSON.stringify(name.slice(0, 200))}: ${problem.why}`);
      if (problem.limit) limits.add(problem.limit);
      continue;
    }
    const path = normalPath(name);
    files.set(path, { path, bytes: payload });
    left -= payload.length;
  }
  const sorted = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files: sorted, notes, limits };
}

/** The collectors' own words for what they left behind. */
function limitsInNote(note: string): SandboxLimit[] {
  if (/more files: only|entries of output/.test(note)) return ['files'];
  return /of the limit|beyond the limit/.test(note) ? ['disk'] : [];
}

function fileProblem(
  name: string,
  { length }: Uint8Array,
  { job: { policy }, left, count }: { job: SandboxJob; left: number; count: number },
): { limit?: SandboxLimit; why: string } | undefined {
  const why = pathProblem(name) ?? (normalPath(name) === '' ? 'the path is empty' : undefined);
  if (why !== undefined) return { why };
  if (count >= policy.files) {
    return { limit: 'files', why: `only ${policy.files} files may be handed back` };
  }
  if (length > policy.fileBytes) {
    return { limit: 'file-size', why: `it has more than ${policy.fileBytes} bytes` };
  }
  if (left < length) {
    return { limit: 'disk', why: `more than ${policy.filesBytes} bytes together` };
  }
  return undefined;
}

function same(before: Uint8Array | undefined, now: Uint8Array): boolean {
  return before !== undefined && Buffer.compare(before, now) === 0;
}
