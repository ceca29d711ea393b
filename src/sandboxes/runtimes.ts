import type { Language } from '../events/plan.ts';
import type { SandboxLanguage } from '../ports/sandbox.ts';
import {
  describeNode,
  describePython,
  type NodeRuntime,
  type PythonRuntime,
  preparePython,
} from './interpreters.ts';
import type { DataKit } from './kit.ts';
import type { Kit } from './provider.ts';
import type { ShellRuntime } from './shell.ts';

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

/** What the languages of a box are made of. */
export interface LanguageParts {
  node: NodeRuntime | undefined;
  python: PythonRuntime | undefined;
  kit: DataKit | undefined;
  shell: ShellRuntime | undefined;
}

/** Languages of the machine's boxes that a policy has to name: prompts offer no shell by accident. */
export const ONLY_BY_NAME: readonly Language[] = ['shell'];

/**
 * The languages of a box, best first: Python with pandas, then JavaScript, then what is left
 * (sandbox-and-scale A4, order of choice), and the shell, which is offered by its name only.
 */
export function languagesOf({ node, python, kit, shell }: LanguageParts): SandboxLanguage[] {
  const languages: SandboxLanguage[] = [];
  const more = kit ? `; ${kit.description}` : '; no packages';
  if (node) {
    languages.push(
      { language: 'javascript', description: describeNode(node, 'JavaScript') + more },
      { language: 'typescript', description: describeNode(node, 'TypeScript') + more },
    );
  }
  const last: SandboxLanguage[] = shell
    ? [{ language: 'shell', description: shell.description }]
    : [];
  if (!python) return [...languages, ...last];
  const entry: SandboxLanguage = { language: 'python', description: describePython(python) };
  const first = python.libraries.has('pandas') ? [entry, ...languages] : [...languages, entry];
  return [...first, ...last];
}
