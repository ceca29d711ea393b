import { block, oneLine } from '../../base/visible-text.ts';

/**
 * Texts from models, tools, files and people as Markdown that shows them and nothing else: no heading,
 * list, table, fence, HTML, picture or link comes of them, and nothing that steers a terminal.
 */

/** Addresses and names that viewers make links of by themselves; they stand as code. */
const LINKED = /@|:\/\/|www\.|(?:mailto|xmpp|javascript|data|file|vbscript):\S/i;
/** Marks around a word that do not belong to it. */
const BEFORE = /^[([{"'*_~|<>]+/;
const BEHIND = /[)\]}"'*_~|<>.,;:!?]+$/;
/** What Markdown would act on; `_` within a word is only a letter. */
const ACTIVE = /[\\`*[\]|~#$]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
/** What starts a list, a rule or a heading at the beginning of a line. */
const AT_START = /^(?:[-+=:](?=[\s\-=:]|$)|\d{1,9}(?=[.)]))/;

/** A text on one line, at most `chars` of it. */
export function inline(text: string, chars = 300): string {
  return escaped(oneLine(clipped(text.trim(), chars)).replace(/\s+/g, ' '));
}

/** A short name on one line, as code where Markdown can show it so. */
export function code(text: string, chars = 120): string {
  const line = oneLine(clipped(text.trim(), chars)).trim();
  if (line === '') return '(empty)';
  return /[`|\\]/.test(line) ? escaped(line) : `\`${line}\``;
}

/** Names, each as code. */
export function codes(names: readonly string[], most = 20): string {
  const shown = names.slice(0, most).map((name) => code(name));
  const left = names.length - shown.length;
  return [...shown, ...(left > 0 ? [`${left} more`] : [])].join(', ') || 'none';
}

/** A longer text as a quotation, its lines kept. */
export function quote(text: string, chars: number): string {
  const lines = block(clipped(text.trim(), chars)).split('\n');
  return lines
    .map((line) => `> ${escaped(line.replace(/\t/g, ' ').trim())}`.trimEnd())
    .join('\n')
    .replace(/(?:\n>){2,}/g, '\n>');
}

/** A text as it is, in a fence that it cannot end. */
export function fenced(text: string, chars: number, language = ''): string {
  const shown = block(clipped(text.trimEnd(), chars));
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${shown}\n${fence}`;
}

/** A table; its cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** A heading; deeper ones than Markdown knows are of its deepest level. */
export function heading(level: number, text: string): string {
  return `${'#'.repeat(Math.min(6, level))} ${text}`;
}

/** A whole number with its thousands apart. */
export function count(number: number): string {
  return String(Math.round(number)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A number of things, as `1 call` and `2 calls`. */
export function counted(number: number, thing: string): string {
  return `${count(number)} ${thing}${number === 1 ? '' : 's'}`;
}

function clipped(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const left = text.length - chars;
  return `${text.slice(0, chars).toWellFormed()} … (${count(left)} characters more)`;
}

/** Word by word, so that the time it takes grows with the text and no faster. */
function escaped(text: string): string {
  const safe = text
    .split(/([\s`]+)/)
    .map((word) => (LINKED.test(word) ? linked(word) : plain(word)))
    .join('');
  return safe.replace(AT_START, (mark) => (/\d/.test(mark) ? `${mark}\\` : `\\${mark}`));
}

function linked(word: string): string {
  const before = BEFORE.exec(word)?.[0] ?? '';
  const rest = word.slice(before.length);
  const behind = BEHIND.exec(rest)?.[0] ?? '';
  const inner = rest.slice(0, rest.length - behind.length);
  if (inner === '') return plain(word);
  const shown = inner.replaceAll('|', '%7C').replaceAll('\\', '/');
  return `${plain(before)}\`${shown}\`${plain(behind)}`;
}

function plain(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(ACTIVE, (mark) => `\\${mark}`);
}
