import { normalPath, pathProblem } from '../base/paths.ts';
import type { FileInfo, Files } from '../ports/effects.ts';
import type { WorkflowFiles } from '../ports/workflow-files.ts';

/**
 * The files of a folder on disk, `root` being its absolute path. Links are followed only to what
 * is inside of it (reliability-security T05); devices and pipes are never opened.
 */
export function folderFiles(files: Files, root: string): WorkflowFiles {
  const base = root.replace(/(?<=.)[/\\]+$/, '');
  let real: Promise<string> | undefined;
  const realRoot = (): Promise<string> => {
    real ??= files.realPath(base);
    return real;
  };

  /** The real path of what is there, if it is inside of the root. */
  async function inside(path: string): Promise<string | undefined> {
    const found = await files.realPath(join(base, path));
    const top = await realRoot();
    return found === top || found.startsWith(`${top === '/' ? '' : top}/`) ? found : undefined;
  }

  async function info(path: string): Promise<FileInfo | undefined> {
    if (path !== '' && pathProblem(path) !== undefined) return undefined;
    try {
      const found = await inside(path);
      return found === undefined ? { kind: 'link', bytes: 0 } : await files.info(found);
    } catch {
      // A link that leads nowhere is there, but has nothing.
      const own = await files.info(join(base, path)).catch(() => undefined);
      return own?.kind === 'link' ? own : undefined;
    }
  }

  return {
    name: normalPath(base.replaceAll('\\', '/')).split('/').at(-1),
    info,
    async list(path) {
      return (await info(path))?.kind === 'folder' ? files.list(join(base, path)) : [];
    },
    async readBytes(path, maxBytes) {
      const found = await info(path);
      if (found?.kind !== 'file') throw new Error(`${path} is not a file that can be read`);
      return files.readBytes(join(base, path), maxBytes);
    },
  };
}

function join(base: string, path: string): string {
  return path === '' ? base : `${base === '/' ? '' : base}/${path}`;
}
