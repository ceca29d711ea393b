import { nearest } from '../base/nearest.ts';
import { PACKAGE_CODES } from '../packager/codes.ts';
import { checks } from '../validator/checks/index.ts';
import { autonomyCards } from '../validator/codes/autonomy.ts';
import type { CodeCard } from '../validator/codes/code-card.ts';
import { dialectCards } from '../validator/codes/dialects.ts';
import { expressionCards } from '../validator/codes/expressions.ts';
import { fieldCards } from '../validator/codes/fields.ts';
import { yamlCards } from '../validator/codes/yaml.ts';
import type { Example } from '../validator/rule.ts';
import { rules } from '../validator/rules/index.ts';

/** Codes of one kind. */
export interface CodeFamily {
  /** What its codes start with. */
  letters: string;
  /** What they are about, as a heading. */
  title: string;
  cards: readonly CodeCard[];
}

const inOrder = (cards: readonly CodeCard[]): readonly CodeCard[] =>
  [...cards].sort((one, other) => numberOf(one) - numberOf(other));
const numberOf = ({ code }: CodeCard): number => Number(/\d+/.exec(code)?.[0]);
const checksOf = (letter: string): readonly CodeCard[] =>
  checks.filter(({ code }) => code.startsWith(letter));

/** All codes that a diagnostic can have, by kind, in the order of their numbers. */
export const codeFamilies: readonly CodeFamily[] = [
  { letters: 'R', title: 'Rules of the standard', cards: rules },
  { letters: 'Y', title: 'YAML: syntax and limits', cards: yamlCards },
  {
    letters: 'S',
    title: 'Fields and files',
    cards: inOrder([...fieldCards, ...checksOf('S')]),
  },
  { letters: 'X', title: 'Expressions', cards: inOrder([...expressionCards, ...checksOf('X')]) },
  { letters: 'D', title: 'Spellings of other dialects', cards: dialectCards },
  { letters: 'A', title: 'Autonomy levels', cards: autonomyCards },
  { letters: 'P', title: 'Packages', cards: PACKAGE_CODES.map(packageCard) },
];

function packageCard(said: (typeof PACKAGE_CODES)[number]): CodeCard {
  return { ...said, severity: 'error' };
}

const byCode = new Map(
  codeFamilies.flatMap(({ cards }) => cards.map((card) => [card.code, card] as const)),
);

/** The card of a code, in upper or lower case, with or without leading zeros; `r07` is R7. */
export function cardOf(code: string): CodeCard | undefined {
  const plain = code.trim().toUpperCase();
  return byCode.get(plain) ?? byCode.get(plain.replace(/(?<=^[A-Z]+)0+(?=\d)/, ''));
}

/** All cards whose codes begin in one way: those of a kind, such as `S`, or of a level, such as `A2`. */
export function cardsBelow(start: string): readonly CodeCard[] {
  const plain = start.trim().toUpperCase();
  const below = /^[A-Z]+$/.test(plain) ? /^\d/ : /^-/;
  return [...byCode.values()].filter(
    ({ code }) => code.startsWith(plain) && below.test(code.slice(plain.length)),
  );
}

/** The code that is most like a text, if any is. */
export function nearestCode(text: string): string | undefined {
  return nearest(text.trim().toUpperCase(), byCode.keys());
}

/** One file of an example as it is shown. */
export interface ShownFile {
  path: string;
  text: string;
}

/** Files, lines and characters of an example that are shown. */
const MOST = { files: 3, lines: 40, columns: 100 };

/** The files of an example, cut where they are long. */
export function shownExample(example: Example): { files: readonly ShownFile[]; more: number } {
  const files =
    typeof example === 'string'
      ? [['workflow.awp.yaml', example] as const]
      : Object.entries(example);
  const shown = files.slice(0, MOST.files).map(([path, text]) => ({ path, text: shownText(text) }));
  return { files: shown, more: files.length - shown.length };
}

function shownText(text: string): string {
  const lines = text.trimEnd().split('\n');
  const cut = lines.slice(0, MOST.lines).map((line) => {
    const visible = line.replace(CONTROL, picture);
    return visible.length > MOST.columns ? `${visible.slice(0, MOST.columns)}…` : visible;
  });
  return [...cut, ...(lines.length > cut.length ? ['…'] : [])].join('\n');
}

/** Control characters but tabs, which are a part of what some examples show. */
const CONTROL = /[^\t\u0020-\u007e\u0080-\u{10ffff}]/gu;

/** Unicode has a picture of every control character. */
function picture(control: string): string {
  return String.fromCodePoint(0x2400 + control.charCodeAt(0));
}
