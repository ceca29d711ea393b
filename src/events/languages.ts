import type { Language } from './plan.ts';

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
]);

/** The language that a word stands for; undefined when it stands for none. */
export function languageNamed(word: string): Language | undefined {
  return NAMES.get(word.trim().toLowerCase());
}
