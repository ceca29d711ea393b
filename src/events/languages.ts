import type { Language, SandboxName } from './plan.ts';

/** Names that people and models use for the languages of programs. */
const NAMES: ReadonlyMap<string, Language> = new Map([
  ['python', 'python'],
  ['py', 'python'],
  ['python3', 'python'],
  ['javascript', 'javascript'],
  ['js', 'javascript'],
  ['node', 'javascript'],
  ['typescript', 'typescript'],
  ['ts', 'typescript'],
  ['shell', 'shell'],
  ['sh', 'shell'],
  ['bash', 'shell'],
]);

/** Boxes that can have a shell, strongest first: those that show programs of the machine (decision 30). */
export const SHELL_BOXES: readonly SandboxName[] = ['bwrap', 'jail', 'none'];

/** The language that a word stands for; undefined when it stands for none. */
export function languageNamed(word: string): Language | undefined {
  return NAMES.get(word.trim().toLowerCase());
}
