import { relative, resolve } from 'node:path';

/** How a file of a workflow is shown: from the working directory when it is below it. */
export function shownPath(folder: string, cwd: string): (file: string) => string {
  return (file) => {
    const full = resolve(folder, file);
    const short = relative(cwd, full);
    return (short.startsWith('..') ? full : short).replaceAll('\\', '/');
  };
}
