import { AwpError } from '../base/errors.ts';
import { hostProblem } from '../base/hosts.ts';
import type { SandboxName, SandboxPolicy } from '../events/plan.ts';
import { npmSpecs, pythonSpecs } from '../sandboxes/packages/specs.ts';
import { PROVIDERS } from '../sandboxes/providers.ts';
import { unknownOption } from './unknown-option.ts';

/** Where code of workers may run, and what it may use there. */
export interface SandboxOptions {
  /** The weakest box that will do. Default `boundary`; `none` also accepts no boundary at all. */
  minimum?: SandboxPolicy['minimum'];
  /** The only box that will do. Default the strongest of the machine. */
  only?: SandboxName;
  /** Wall clock of one program, in milliseconds. Default 60,000. */
  timeoutMs?: number;
  /** Memory of one program, in MiB. Default 1,024. */
  memoryMb?: number;
  /** Processor time of one program, in seconds. Default 30. */
  cpuSeconds?: number;
  /** Processes and threads of one program. Default 64. */
  processes?: number;
  /** Characters kept of each of stdout and stderr. Default 50,000. */
  outputChars?: number;
  /** Bytes that the files of one program may have together. Default 128 MiB. */
  filesBytes?: number;
  /** Bytes of one file. Default 64 MiB. */
  fileBytes?: number;
  /** Files that one program may hand back. Default 200. */
  files?: number;
  /** Open files of one process. Default 512. */
  openFiles?: number;
  /** Calls of tools that one program may make; the run's budget counts besides. Default 1,000. */
  toolCalls?: number;
  /**
   * Hosts that programs may reach: `api.example.com`, `host:8443`, `*.example.com`, `*` for every
   * public host, addresses and ranges. Default none.
   */
  hosts?: readonly string[];
  /** Packages that are installed ahead, as their package manager names them. Default none. */
  packages?: { python?: readonly string[]; javascript?: readonly string[] };
  /** `persistent`: all programs of one worker share a box. Default `fresh`: each has its own. */
  session?: SandboxPolicy['session'];
  /** Languages that may be used, best first. Default all that the box has. */
  languages?: SandboxPolicy['languages'];
}

type Check = (value: unknown) => string | undefined;

/** What each option must be, in words for the error; undefined when it is. */
const CHECKS: Readonly<Record<keyof SandboxOptions, Check>> = {
  minimum: oneOf('none', 'boundary'),
  only: oneOf('bwrap', 'jail', 'quickjs', 'deno', 'none'),
  timeoutMs: count(1),
  memoryMb: count(1),
  cpuSeconds: (value) =>
    typeof value === 'number' && Number.isFinite(value) && value > 0
      ? undefined
      : 'a number of seconds, more than 0',
  processes: count(1),
  outputChars: count(1),
  filesBytes: count(1),
  fileBytes: count(1),
  files: count(0),
  openFiles: count(16),
  toolCalls: count(0),
  hosts: listOf(hostProblem),
  packages: (value) => {
    if (typeof value !== 'object' || value === null) return 'lists of names: { python: [...] }';
    for (const [language, names] of Object.entries(value)) {
      if (language !== 'python' && language !== 'javascript') {
        return 'lists of names, by python and javascript';
      }
      const problem = names === undefined ? undefined : PACKAGES(names);
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
  session: oneOf('fresh', 'persistent'),
  languages: listOf(oneOf('python', 'javascript', 'typescript', 'shell')),
};

const PACKAGES = listOf(() => undefined);

/**
 * Throws `usage/unknown-option`, `usage/bad-option` and `sandbox/bad-package` for what cannot be an
 * option of a sandbox. `packages` is the flat option: packages of Python.
 */
export function checkSandbox(options: SandboxOptions, packages?: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) throw unknownOption(`sandbox.${name}`, Object.keys(CHECKS));
    if (value === undefined) continue;
    refuse(`sandbox.${name}`, value, CHECKS[name as keyof SandboxOptions](value));
  }
  if (packages !== undefined) refuse('packages', packages, PACKAGES(packages));
  const { python, javascript } = allPackages(options, packages);
  if (python.length > 0) pythonSpecs(python);
  if (javascript.length > 0) npmSpecs(javascript);
  if (options.only === 'none' && options.minimum === 'boundary') {
    refuse('sandbox.only', 'none', 'a box with a boundary, because sandbox.minimum asks for one');
  }
}

/** Throws `usage/bad-option` for a Python that is no name or path, or that nothing could run. */
export function checkPython(
  python: string | undefined,
  { only, languages = [] }: Pick<SandboxOptions, 'only' | 'languages'>,
): void {
  if (python === undefined) return;
  if (typeof python !== 'string' || python.trim() === '' || python.includes('\0')) {
    refuse('python', python, 'the path of a Python, or its name on the search path');
  }
  const runs = PROVIDERS.filter(({ hostPython }) => hostPython).map(({ name }) => name);
  if (only !== undefined && !runs.includes(only)) {
    refuse(
      'python',
      python,
      `leave it out: ${only} runs no Python of the machine; ${runs.join(', ')} do`,
    );
  }
  if (languages.length > 0 && !languages.some((name) => name === 'python' || name === 'shell')) {
    refuse('python', python, `leave it out: programs are in ${languages.join(', ')} only`);
  }
}

/** The declared packages, each once; `packages` is the flat option. */
export function allPackages(
  { packages: declared }: SandboxOptions,
  packages: readonly string[] = [],
): SandboxPolicy['packages'] {
  return {
    python: [...new Set([...(declared?.python ?? []), ...packages])],
    javascript: [...new Set(declared?.javascript ?? [])],
  };
}

function refuse(name: string, value: unknown, wanted: string | undefined): void {
  if (wanted === undefined) return;
  throw new AwpError('usage/bad-option', `${name} cannot be ${JSON.stringify(value)}`, {
    hint: wanted,
  });
}

function count(least: number): Check {
  return (value) =>
    Number.isSafeInteger(value) && Number(value) >= least
      ? undefined
      : `a whole number of at least ${least}`;
}

function oneOf(...words: readonly string[]): Check {
  return (value) => (words.some((word) => word === value) ? undefined : words.join(', '));
}

function listOf(problemOf: (item: string) => string | undefined): Check {
  return (value) => {
    if (!Array.isArray(value)) return 'a list of texts';
    for (const item of value) {
      const problem = typeof item === 'string' ? problemOf(item) : 'a list of texts';
      if (problem !== undefined) return `${JSON.stringify(item)}: ${problem}`;
    }
    return undefined;
  };
}
