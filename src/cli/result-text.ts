import { isAbsolute, relative } from 'node:path';
import type { RunResult } from '../events/result.ts';
import { block } from './text.ts';

/**
 * The answer as it is printed: its words, else the typed output or the whole result as JSON. Nothing
 * for a failed run that has only its failure to tell: that stands in the error.
 */
export function resultText({ status, text, output, result, metadata }: RunResult): string {
  if (status === 'failed' && text === metadata.message) return '';
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
