import { pathProblem } from '../base/paths.ts';

/**
 * A path from the root of a workflow: `path` as it is written in a file of `folder`. `..` may lead
 * up to the root, not out of it. Returns what is wrong instead, as a sentence.
 */
export function resolvePath(folder: string, path: string): { path: string } | { problem: string } {
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined)
      return { problem: 'the path leaves the folder of the workflow' };
  }
  // What `..` has taken away does not count, but a leading `/` or drive does.
  const rooted = /^(?:\/|[a-z]:)/i.test(path);
  const problem = pathProblem(rooted ? path : parts.join('/') || '.');
  return problem === undefined ? { path: parts.join('/') } : { problem };
}

/** The path of something in a folder of the workflow; the folder of the root is empty. */
export function below(folder: string, path: string): string {
  return folder === '' ? path : `${folder}/${path}`;
}
