import { normalPath } from '../base/paths.ts';
import type { WorkflowFiles } from '../ports/workflow-files.ts';

/** Texts in memory as the files of a workflow folder; keys are paths from its root. */
export function memoryFiles(
  texts: Readonly<Record<string, string | Uint8Array>>,
  name?: string,
): WorkflowFiles {
  const files = new Map<string, Uint8Array>();
  for (const [path, text] of Object.entries(texts)) {
    files.set(normalPath(path), typeof text === 'string' ? new TextEncoder().encode(text) : text);
  }
  return {
    name,
    async info(path) {
      const bytes = files.get(normalPath(path));
      if (bytes) return { kind: 'file', bytes: bytes.length };
      return below(path).length > 0 ? { kind: 'folder', bytes: 0 } : undefined;
    },
    async list(path) {
      return [...new Set(below(path))].sort();
    },
    async readBytes(path, maxBytes) {
      const bytes = files.get(normalPath(path));
      if (!bytes) throw new Error(`there is no file ${path}`);
      return bytes.subarray(0, maxBytes);
    },
  };

  /** First names of all that is in a folder. */
  function below(folder: string): string[] {
    const prefix = normalPath(folder) === '' ? '' : `${normalPath(folder)}/`;
    return [...files.keys()].flatMap((path) =>
      path.startsWith(prefix) ? [path.slice(prefix.length).split('/')[0] ?? ''] : [],
    );
  }
}
