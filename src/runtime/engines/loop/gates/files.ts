import { brokenFile } from '../../../../base/file-checks.ts';
import type { Gate, SeenFile } from './gate.ts';

/**
 * No file that is handed out is broken: empty, no picture, a table without a row, no JSON. One that was
 * written again under the same name, and is whole there, has taken the other one's place.
 */
export const filesGate: Gate = {
  name: 'files',
  check(_look, { files }) {
    const whole = new Set(files.filter((file) => !problemOf(file)).map(({ name }) => name));
    const defects = files.flatMap((file) => {
      const problem = whole.has(file.name) ? undefined : problemOf(file);
      return problem === undefined ? [] : [`${file.path}: ${problem}`];
    });
    if (defects.length === 0) return undefined;
    return {
      reason: 'files that are to be handed out are broken; have them written again, same name',
      defects,
    };
  },
};

function problemOf({ name, bytes, head, lost }: SeenFile): string | undefined {
  if (lost) return 'its content cannot be read';
  if (head) return brokenFile(name, head, bytes);
  return bytes === 0 ? brokenFile(name, new Uint8Array(), 0) : undefined;
}
