import type { Execution } from '../ports/sandbox.ts';
import { type SyntaxProblem, syntaxProblem } from './syntax-error.ts';

/** What a failed program said, and what would help. */
export interface Complaint {
  /** The error in one line, as the language words it; empty when it said nothing. */
  message: string;
  /** Set when the program could not even be read. */
  syntax?: SyntaxProblem;
  /** What to try, as sentences. */
  hints: string[];
  /** Whether a file was not found: the caller adds those that exist. */
  missingFile: boolean;
}

const LONGEST_MESSAGE = 500;

/** What a program was, as far as it explains why it failed. */
export interface FailedProgram {
  code: string;
  /** What its language has, in words. */
  language: string;
  /** Hosts that it could reach. */
  hosts: readonly string[];
}

const HINTS: readonly [RegExp, (match: RegExpExecArray, program: FailedProgram) => string][] = [
  [
    /No module named '?([\w.]+)|Cannot find (?:package|module) '([^']+)'/,
    ([, python, node], { language }) =>
      `there is no module ${python ?? node} in the sandbox, and nothing can be installed; there is ${language}`,
  ],
  [
    /ReferenceError: require is not defined/,
    () => "programs are ES modules: write import { readFileSync } from 'node:fs'",
  ],
  [
    /NameError: name '(\w+)' is not defined|ReferenceError: (\w+) is not defined/,
    ([, python, node]) =>
      `each program starts fresh: define ${python ?? node} in it, earlier programs leave only files below output/`,
  ],
  [
    /Read-only file system|EROFS|PermissionError|EACCES|EPERM/,
    () => 'files can only be written below output/',
  ],
  [
    /getaddrinfo|EAI_AGAIN|ENETUNREACH|Network is unreachable|Temporary failure in name|fetch failed|Tunnel connection failed/,
    (_, { hosts }) =>
      hosts.length > 0
        ? `only these hosts can be reached: ${hosts.join(', ')}`
        : 'there is no network in the sandbox; all data is in files below inputs/ and shared/',
  ],
  [
    /UnicodeDecodeError/,
    () => "the file is not UTF-8; its description names the encoding, else try encoding='latin-1'",
  ],
  [
    /MemoryError|JavaScript heap out of memory/,
    () => 'the memory is used up: read the file in pieces and keep less of it',
  ],
];

const MISSING_FILE = /FileNotFoundError|ENOENT/;

/** Reads the error output of a program that failed. */
export function complaintOf({ stderr }: Execution, program: FailedProgram): Complaint {
  const message = errorLine(stderr);
  const syntax = syntaxProblem(stderr, message, program.code);
  const hints = HINTS.flatMap(([pattern, hint]) => {
    const match = pattern.exec(stderr);
    return match ? [hint(match, program)] : [];
  });
  const missingFile = MISSING_FILE.test(stderr);
  return { message, ...(syntax && { syntax }), hints, missingFile };
}

/** Lines of Node's report that are not the error itself. */
const NOISE = /^\s+at |^Node\.js v|^\(Use `node|^node:internal|^\s*[}^]/;
const ERROR_NAME = /^(?:Uncaught )?[\w.]*(?:Error|Exception|Interrupt|Exit)\b/;

/** The line that names the error: the last of Python's, the one before the frames of Node's. */
function errorLine(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !NOISE.test(line));
  const named = lines.filter((line) => ERROR_NAME.test(line));
  return (named.at(-1) ?? lines.at(-1) ?? '').trim().slice(0, LONGEST_MESSAGE);
}
