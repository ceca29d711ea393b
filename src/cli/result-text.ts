import { isAbsolute, relative } from 'node:path';
import type { RunResult } from '../events/result.ts';
import { block } from './text.ts';

/** The answer as it is printed: its words, else the typed output or the whole result as JSON. */
export function resultText({ text, output, result }: RunResult): string {
  if (text.trim() !== '') return `${block(text.trimEnd())}\n`;
  const value = output ?? (Object.keys(result).length > 0 ? result : undefined);
  return value === undefined ? '' : `${block(JSON.stringify(value, undefined, 2))}\n`;
}

/** Where the artifacts are, relative to the working directory when they are below it. */
export function artifactPaths({ artifacts }: RunResult, cwd: string): string[] {
  return artifacts.map(({ path }) => shortPath(path, cwd));
}

function shortPath(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below;
}
