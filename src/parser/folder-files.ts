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
    } catch (error) {
      return withoutRealPath(path, error);
    }
  }

  /** A link that leads nowhere is there, but has nothing; what may not be looked at is no file. */
  async function withoutRealPath(path: string, error: unknown): Promise<FileInfo | undefined> {
    const own = await files.info(join(base, path)).catch(() => undefined);
    if (own?.kind === 'link') return own;
    return NOT_THERE.has(codeOf(error)) ? undefined : { kind: 'other', bytes: 0 };
  }

  return {
    name: normalPath(base.replaceAll('\\', '/')).split('/').at(-1),
    info,
    async list(path) {
      const found = (await info(path))?.kind === 'folder' ? await inside(path) : undefined;
      return found === undefined ? [] : files.list(found);
    },
    async readBytes(path, maxBytes) {
      // What is opened is what was looked at: a link put there since then is not followed.
      const found = (await info(path))?.kind === 'file' ? await inside(path) : undefined;
      if (found === undefined) throw new Error(`${path} is not a file that can be read`);
      return files.readBytes(found, maxBytes);
    },
  };
}

/** How Node says that there is nothing at a path. */
const NOT_THERE = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function join(base: string, path: string): string {
  return path === '' ? base : `${base === '/' ? '' : base}/${path}`;
}
