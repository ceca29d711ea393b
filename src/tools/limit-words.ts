import type { SandboxPolicy } from '../events/plan.ts';
import type { Execution, SandboxLimit } from '../ports/sandbox.ts';

const MIB = 1024 * 1024;

type Stop = NonNullable<Execution['stopped']>;

/** What a program ran into, and what helps, for each limit. */
const WORDS: Readonly<Record<Stop, (policy: SandboxPolicy) => string>> = {
  timeout: () => 'it took too long; make it do less',
  cpu: ({ cpuSeconds }) =>
    `its processor time (${cpuSeconds} s) was used up; make it do less, or a part at a time`,
  memory: ({ memoryMb }) =>
    `its memory (${memoryMb} MiB) was used up; read files in pieces and keep less`,
  processes: ({ processes }) =>
    `it started too many processes or threads (${processes} may be there at once)`,
  'open-files': ({ openFiles }) =>
    `it had too many open files (${openFiles} may be open at once); close each when it is read`,
  'file-size': ({ fileBytes }) =>
    `a file became too large (${mib(fileBytes)} may be in one); write less, or several files`,
  disk: ({ filesBytes }) =>
    `its files became too large together (${mib(filesBytes)} may be); write less, remove what is not needed`,
  files: ({ files }) =>
    `its files became too many (${files} may be handed back); write fewer, or put them together`,
  output: ({ outputChars }) =>
    `it printed too much (${outputChars} characters are kept); print only what you need to know`,
  frames: () =>
    'too much, or what cannot be read, came over the channel of its tools; use tools.call only, with less',
  'tool-calls': ({ toolCalls }) =>
    `it called tools too often (${toolCalls} calls may be made); ask for more in one call`,
  cancelled: () => 'the run was cancelled',
};

/** Why the host stopped a program, or what a limit did to it, as a sentence with what would help. */
export function limitWords(limit: SandboxLimit | 'cancelled', policy: SandboxPolicy): string {
  return WORDS[limit](policy);
}

function mib(bytes: number): string {
  return `${Math.round((bytes / MIB) * 10) / 10} MiB`;
}
