/** How Deno is started: without anything that it would fetch, ask for or allow by itself. */

/** What a start allows; everything else is refused. */
export interface DenoGrants {
  /** Absolute paths of files and folders. */
  read: readonly string[];
  write: readonly string[];
  /** Names of variables that may be read. All others look as if they were not there. */
  env?: readonly string[];
  /** MiB of the heap of V8; its own default when left out. */
  heapMb?: number;
  /** Absolute path of a map of bare names to modules. */
  importMap?: string | undefined;
}

/** The words before the program. */
export function denoArgs({ read, write, env = [], heapMb, importMap }: DenoGrants): string[] {
  return [
    ...['run', '--quiet', '--no-prompt', '--no-remote', '--no-npm', '--no-config', '--no-lock'],
    ...['--cached-only', '--no-check', '--ignore-env'],
    ...(env.length > 0 ? [`--allow-env=${env.join(',')}`] : []),
    `--allow-read=${read.map(escaped).join(',')}`,
    `--allow-write=${write.map(escaped).join(',')}`,
    ...(heapMb === undefined ? [] : [`--v8-flags=--max-old-space-size=${heapMb}`]),
    ...(importMap === undefined ? [] : [`--import-map=${importMap}`]),
  ];
}

/** Deno takes a doubled comma for one that is part of a path. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,');
}
