import { normalPath } from '../base/paths.ts';
import type { WorkflowFiles } from '../ports/workflow-files.ts';

/** Texts in memory as the files of a workflow folder; keys are paths from its root. */
export function memoryFiles(
  texts: Readonly<Record<string, string | Uint8Array>>,
  name?: string,
): WorkflowFiles {
  const files = new Map<string, Uint8Array>();
  const folders = new Map<string, Set<string>>();
  for (const [path, text] of Object.entries(texts)) {
    const normal = normalPath(path);
    files.set(normal, typeof text === 'string' ? new TextEncoder().encode(text) : text);
    addToFolders(normal, folders);
  }
  return {
    name,
    async info(path) {
      const normal = normalPath(path);
      const bytes = files.get(normal);
      if (bytes) return { kind: 'file', bytes: bytes.length };
      return folders.has(normal) ? { kind: 'folder', bytes: 0 } : undefined;
    },
    async list(path) {
      return [...(folders.get(normalPath(path)) ?? [])].sort();
    },
    async readBytes(path, maxBytes) {
      const bytes = files.get(normalPath(path));
      if (!bytes) throw new Error(`there is no file ${path}`);
      return bytes.subarray(0, maxBytes);
    },
  };
}

/** Puts each name of a path into the folder that it is in. */
function addToFolders(path: string, folders: Map<string, Set<string>>): void {
  const names = path.split('/');
  for (const [index, name] of names.entries()) {
    const folder = names.slice(0, index).join('/');
    const known = folders.get(folder);
    if (known) known.add(name);
    else folders.set(folder, new Set([name]));
  }
}
