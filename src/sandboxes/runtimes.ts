import type { SandboxLanguage } from '../ports/sandbox.ts';
import {
  describeNode,
  describePython,
  type NodeRuntime,
  type PythonRuntime,
  preparePython,
} from './interpreters.ts';
import type { Kit } from './provider.ts';

/** The first Python, in order of worth, that starts in the box (decision 31). */
export async function pickPython(
  kit: Kit,
  starts: (python: PythonRuntime) => Promise<boolean>,
): Promise<PythonRuntime | undefined> {
  for (const found of await kit.pythons()) {
    // One that cannot be copied is one that does not start here; the next may.
    const python = await preparePython(kit.machine, found).catch(() => undefined);
    if (python && (await starts(python))) return python;
  }
  return undefined;
}

/**
 * The languages of a box, best first: Python with pandas, then JavaScript, then what is left
 * (sandbox-and-scale A4, order of choice).
 */
export function languagesOf(
  node: NodeRuntime | undefined,
  python: PythonRuntime | undefined,
): SandboxLanguage[] {
  const languages: SandboxLanguage[] = [];
  if (node) {
    languages.push(
      { language: 'javascript', description: describeNode(node, 'JavaScript') },
      { language: 'typescript', description: describeNode(node, 'TypeScript') },
    );
  }
  if (!python) return languages;
  const entry: SandboxLanguage = { language: 'python', description: describePython(python) };
  return python.libraries.has('pandas') ? [entry, ...languages] : [...languages, entry];
}
