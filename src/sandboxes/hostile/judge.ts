import { normalPath, pathProblem } from '../../base/paths.ts';
import type { SandboxPolicy } from '../../events/plan.ts';
import type { Execution } from '../../ports/sandbox.ts';
import type { BaitState } from './bait.ts';
import type { BoxKind, Evidence, HostileProgram, Verdict } from './types.ts';

/** What the host saw of one program. */
export interface Seen {
  /** Undefined when the box could not be made, or never gave the program back. */
  execution: Execution | undefined;
  /** Why there is no execution. */
  failure?: string;
  state: BaitState;
  /** Processes with its marker that still ran a second later. */
  left: number;
  /** Whether it took longer than its time and some grace. */
  late: boolean;
  secret: string;
  /** The limits that it ran with. */
  policy: SandboxPolicy;
}

/** What came of it, and why, in a sentence. */
export interface Judgement {
  verdict: Verdict;
  evidence: readonly Evidence[];
  words: string;
}

const WORDS = 300;
/** The cut of a text says in some words that it is one. */
const CUT_CHARS = 1000;

/** Judges by what a program said and, above all, by what was seen from outside of its box. */
export function judge(program: HostileProgram, seen: Seen): Judgement {
  const { execution } = seen;
  const said = lineOf(execution?.stdout ?? '');
  const evidence = [...seenOutside(seen), ...claimed(program, said)];
  const words = wordsOf(seen, said);
  if (seen.late) return { verdict: 'stalled', evidence, words };
  if (evidence.some((one) => one !== 'surface')) return { verdict: 'escaped', evidence, words };
  return { verdict: evidence.length > 0 ? 'surface' : 'contained', evidence, words };
}

/** The verdicts that are as they should be for this program in this box. */
export function expectedOf(program: HostileProgram, kind: BoxKind): readonly Verdict[] {
  const expected = program.expected?.[kind];
  if (expected !== undefined) return typeof expected === 'string' ? [expected] : expected;
  if (kind !== 'none' || program.needsNothing !== undefined) return ['contained'];
  return [program.escape === 'surface' ? 'surface' : 'escaped'];
}

type Said = { word: 'ESCAPED' | 'SURFACE' | 'CONTAINED'; line: string } | undefined;

/** The strongest thing that it said of itself: what it prints besides is its own affair. */
function lineOf(stdout: string): Said {
  for (const word of ['ESCAPED', 'SURFACE', 'CONTAINED'] as const) {
    const line = new RegExp(`^${word}: .*$`, 'm').exec(stdout)?.[0];
    if (line !== undefined) return { word, line };
  }
  return undefined;
}

function claimed(program: HostileProgram, said: Said): Evidence[] {
  if (said?.word === 'SURFACE') return ['surface'];
  if (said?.word !== 'ESCAPED') return [];
  return [program.escape === 'limit-passed' ? 'limit-passed' : 'says-escaped'];
}

function seenOutside(seen: Seen): Evidence[] {
  const { state, execution } = seen;
  const found: Evidence[] = [];
  if (execution !== undefined) found.push(...ofResult(execution, seen));
  else found.push('box-broken');
  if (state.changed.length > 0) found.push('host-changed');
  if (state.heard.length > 0) found.push('network-reached');
  if (state.victim !== 'alive') found.push('process-harmed');
  if (seen.left > 0) found.push('process-left');
  return found;
}

function ofResult({ stdout, stderr, files }: Execution, { secret, policy }: Seen): Evidence[] {
  const found: Evidence[] = [];
  const texts = [
    stdout,
    stderr,
    ...files.map(({ bytes }) => Buffer.from(bytes).toString('latin1')),
  ];
  if (texts.some((text) => text.includes(secret))) found.push('secret-read');
  const room = policy.outputChars + CUT_CHARS;
  if (stdout.length > room || stderr.length > room) found.push('limit-passed');
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  const names = new Set(files.map(({ path }) => normalPath(path)));
  const trap =
    files.length > policy.files ||
    bytes > policy.filesBytes ||
    names.size < files.length ||
    files.some(({ path }) => pathProblem(path) !== undefined);
  if (trap) found.push('trap-left');
  return found;
}

function wordsOf({ execution, failure, late }: Seen, said: Said): string {
  if (late) return 'it was not ended in time';
  if (execution === undefined) return `the box gave nothing back: ${failure ?? 'no reason'}`;
  const { stopped, exitCode, stderr } = execution;
  if (said !== undefined) return said.line.slice(said.word.length + 2, WORDS);
  if (stopped !== undefined) return `it was stopped: ${stopped}`;
  const last = stderr.trim().split('\n').pop() ?? '';
  return `it ended with ${exitCode} and no word of its own${last && `; ${last.slice(0, WORDS)}`}`;
}
