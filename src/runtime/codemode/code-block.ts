import { isObject, parseJson } from '../../base/json.ts';
import type { CodeLanguage } from '../../events/creation.ts';
import { languageNamed } from '../../events/languages.ts';

/** A fenced block of a text (CommonMark 0.31, 4.5). */
interface Block {
  /** First word behind the opening fence, in small letters; empty when there is none. */
  tag: string;
  text: string;
}

/** An opening fence: at most three spaces, three or more backticks or tildes, an info string. */
const OPENING = /^( {0,3})(`{3,}|~{3,})([^\n]*)$/;

/**
 * The program in an answer of an agent in code mode: the last block of its language that defines
 * `solve`, else the last one of its language, else the last one without a tag. A block without a tag
 * that is a JSON object is an answer and no program. Undefined when there is none.
 */
export function programIn(text: string, language: CodeLanguage): string | undefined {
  const blocks = blocksOf(text).filter((block) => block.text.trim() !== '');
  const own = blocks.filter(({ tag }) => isOf(tag, language));
  const bare = blocks.filter((block) => block.tag === '' && !isJson(block.text));
  const found = own.findLast((block) => defines(block.text, language)) ?? own.at(-1) ?? bare.at(-1);
  return found?.text;
}

/** A program in JavaScript is one in TypeScript, too. */
function isOf(tag: string, language: CodeLanguage): boolean {
  const named = languageNamed(tag);
  return named === language || (language === 'typescript' && named === 'javascript');
}

function isJson(text: string): boolean {
  return isObject(parseJson(text.trim()));
}

const DEFINES = {
  python: /^(?:async[ \t]+)?def[ \t]+solve[ \t]*\(|^solve[ \t]*=/m,
  script: /\bfunction\s{0,100}\*?\s{0,100}solve\b|\b(?:const|let|var)\s{1,100}solve\b/,
};

function defines(text: string, language: CodeLanguage): boolean {
  return DEFINES[language === 'python' ? 'python' : 'script'].test(text);
}

/** Blocks that no other one is inside of; one that is not closed goes to the end. Linear. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { fence: string; indent: number; tag: string; lines: string[] } | undefined;
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (!open) {
      open = opening(line);
    } else if (closes(line, open.fence)) {
      blocks.push({ tag: open.tag, text: open.lines.join('\n') });
      open = undefined;
    } else {
      open.lines.push(unindented(line, open.indent));
    }
  }
  if (open) blocks.push({ tag: open.tag, text: open.lines.join('\n') });
  return blocks;
}

function opening(line: string) {
  const [, indent = '', fence, info = ''] = OPENING.exec(line) ?? [];
  // What has backticks behind backticks is code within a line.
  if (fence === undefined || (fence.startsWith('`') && info.includes('`'))) return undefined;
  const [tag = ''] = info
    .trim()
    .toLowerCase()
    .split(/[\s{,:]/, 1);
  return { fence, indent: indent.length, tag, lines: [] as string[] };
}

function closes(line: string, fence: string): boolean {
  const text = line.trimEnd();
  const bare = text.trimStart();
  if (text.length - bare.length > 3 || bare.length < fence.length) return false;
  return [...bare].every((one) => one === fence[0]);
}

/** A block that stands a little to the right has lines that do so, too. */
function unindented(line: string, indent: number): string {
  let from = 0;
  while (from < indent && line[from] === ' ') from += 1;
  return line.slice(from);
}
