import { isAbsolute, relative } from 'node:path';
import type { RunResult } from '../events/result.ts';
import { block } from './text.ts';

/**
 * The answer as it is printed: its words, else the typed output or the whole result as JSON. Why the
 * run is not complete stands in the error: nothing for a failed run that has only that to tell.
 */
export function resultText(result: RunResult): string {
  const words = wordsOf(result);
  if (words === undefined) return '';
  if (words.trim() !== '') return `${block(words.trimEnd())}\n`;
  const value =
    result.output ?? (Object.keys(result.result).length > 0 ? result.result : undefined);
  return value === undefined ? '' : `${block(JSON.stringify(value, undefined, 2))}\n`;
}

/**
 * The words without the message that they begin with; undefined when there is nothing else to tell.
 * What single nodes of a failed graph brought is no answer.
 */
function wordsOf({
  text,
  status,
  nodes,
  metadata: { message = '' },
}: RunResult): string | undefined {
  if (status === 'failed' && (nodes || text === message)) return undefined;
  if (!nodes || message === '') return text;
  const isAnything = Object.values(nodes).some((node) => node.status === 'finished');
  if (!isAnything) return undefined;
  return text.startsWith(`${message}\n`) ? text.slice(message.length + 1) : text;
}

/** Where the artifacts are, relative to the working directory when they are below it. */
export function artifactPaths({ artifacts }: RunResult, cwd: string): string[] {
  return artifacts.map(({ path }) => shortPath(path, cwd));
}

function shortPath(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below;
}
