/** Characters of a placeholder that are shown. */
const SHOWN = 80;

/** Fields whose values name a state or a title: `TODO` is one of them, and nothing is missing. */
export const STATUS_FIELDS =
  /(?:status|state|stage|column|label|labels|tag|tags|category|type|kind|name|title|list|board)(?:\[\d+\])?$/i;

/** Values that stand in the examples of our own prompts. */
const EXAMPLES = new Set([
  'the answer, in words',
  'everything the worker needs to know',
  'what the fields hold',
  'why the task cannot be done',
]);

/** A whole value that says nothing. */
const STUB_VALUE =
  /^[[<({]{0,2}\s?(?:todo|tbd|tba|fixme|placeholder(?: text)?|to be (?:done|determined|added|completed|filled in|decided)|(?:insert|add|your) [\w ]{1,40} here|lorem ipsum\b[\s\S]{0,2000}|\?{3,}|X{2,}(?:[.,]X+)?\s?%)\s?[\]>)}]{0,2}[.:!]?$/i;

/**
 * What is wrong with a value that is a placeholder as a whole; undefined when it is none. The first
 * thing to look at, before the words in it.
 */
export function looseValue(value: string): string | undefined {
  const text = value.trim();
  if (text.length > 2100) return undefined;
  if (EXAMPLES.has(text.toLowerCase().replace(/\.$/, ''))) return `${shown(text)} is an example`;
  return STUB_VALUE.test(text) ? `${shown(text)} is a placeholder` : undefined;
}

/** Marks that authors leave where something is to come; whatever the text is. */
const MARKS: readonly RegExp[] = [
  /\[(?:TODO|TBD|TBA|FIXME|PLACEHOLDER)(?:\]|:[^\]\n]{0,120}\])(?!\()/,
  /\[(?:insert|add|your)\b[^\]\n]{1,60}\bhere\](?!\()/i,
  /\blorem ipsum dolor\b/i,
];

/** The same in texts for people: at the start of a line, as a whole line or cell, or as a figure. */
const PROSE_MARKS: readonly RegExp[] = [
  /^[ \t>*+-]{0,20}(?:\d{1,3}[.)][ \t])?(?:\*\*|__)?(?:TODO|FIXME|TBD)(?:\*\*|__)?[ \t]?:.{0,80}/m,
  /^[ \t>*+-]{0,20}(?:\*\*|__)?(?:TODO|TBD|\?{3,})(?:\*\*|__)?\.?[ \t]*$/m,
  /\|[ \t]{0,20}(?:TBD|\?{3,})[ \t]{0,20}\|/,
  /[:=][ \t]?\?{3,}[ \t]{0,20}$/m,
  /(?<![\w$.,])[$€£]?X{2,}(?:[.,]X{1,6})?[ \t]?%/,
  /(?<![\w$.,])X[.,]X{1,6}[ \t]?%/,
  /(?<!\w)[$€£]X{2,}(?:[.,]X{1,6})?(?!\w)/,
];

/** The first placeholder in a text for people; code in it and comments do not count. */
export function proseProblem(text: string, suffix: string): string | undefined {
  const isHtml = suffix === 'html' || suffix === 'htm';
  const read = isHtml ? withoutTags(text) : withoutCode(text);
  return firstOf([...MARKS, ...PROSE_MARKS], read);
}

/** The first placeholder in a program or a settings file; its comments do not count. */
export function codeProblem(text: string): string | undefined {
  const read = text
    .replace(/\/\*[\s\S]*?(?:\*\/|$)/g, '')
    .replace(/(?:^|[ \t])(?:#|\/\/|--)[^\n]*/gm, '');
  return firstOf(MARKS, read);
}

function firstOf(marks: readonly RegExp[], text: string): string | undefined {
  for (const mark of marks) {
    const [found] = mark.exec(text) ?? [];
    if (found !== undefined) return `${shown(found.trim())} is a placeholder`;
  }
  return undefined;
}

function withoutCode(text: string): string {
  return text
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(/```[\s\S]*?(?:```|$)/g, '')
    .replace(/`[^`\n]*`/g, '');
}

function withoutTags(text: string): string {
  return text
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(/<(script|style|pre|code)\b[\s\S]*?(?:<\/\1>|$)/gi, '')
    .replace(/<[^>]{0,2000}>/g, '\n');
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text);
}
