import { isObject, type Json, type JsonObject, parseJson } from '../../base/json.ts';

/** A text from elsewhere, and the heading that it stands under. */
export interface Block {
  title: string;
  /** The line of ours before it. */
  lead: string;
  text: string;
}

/** The line of parameters that the demo's instructions end with: everything that its rules read. */
const PARAMETERS = /^Parameters: (\{.*\})$/m;

/**
 * The texts from elsewhere of a message, by the mark that the message names: what looks like a heading
 * or a mark within one of them is not looked at.
 */
export function blocksOf(message: string): Block[] {
  const mark = markOf(message);
  if (mark === undefined) return [];
  const block = new RegExp(
    `^## ([^\\n]+)\\n(?:([^#<\\n][^\\n]*)\\n)?<(\\w+)-${mark} from="[^"\\n]*">\\n([\\s\\S]*?)\\n</\\3-${mark}>$`,
    'gm',
  );
  return [...message.matchAll(block)].map(([, title = '', lead = '', , body = '']) => ({
    title,
    lead,
    text: body,
  }));
}

/** A message without the texts from elsewhere: only what the runtime itself says. */
export function withoutBlocks(message: string): string {
  const mark = markOf(message);
  if (mark === undefined) return message;
  const block = new RegExp(
    `^<(\\w+)-${mark} from="[^"\\n]*">\\n[\\s\\S]*?\\n</\\1-${mark}>$`,
    'gm',
  );
  return message.replace(block, '');
}

function markOf(message: string): string | undefined {
  return /^The mark of this message is ([0-9a-f]{12})\.$/m.exec(message)?.[1];
}

/** The last section of a prompt with this title, without its heading; undefined when there is none. */
export function sectionOf(prompt: string, title: string): string | undefined {
  const start = `\n${prompt}`.lastIndexOf(`\n## ${title}\n`);
  if (start < 0) return undefined;
  const body = prompt.slice(start + `## ${title}\n`.length);
  const end = body.indexOf('\n\n## ');
  return end < 0 ? body : body.slice(0, end);
}

/** The parameters in instructions; undefined when they are not those of a demo manager. */
export function parametersOf(instructions: string): JsonObject | undefined {
  return objectIn(PARAMETERS.exec(instructions)?.[1] ?? '');
}

/** A text as a JSON object; undefined when it is none. */
export function objectIn(json: string): JsonObject | undefined {
  const parsed = parseJson(json);
  return isObject(parsed) ? parsed : undefined;
}

/** The objects of a list, or of a text that is one; empty for anything else. */
export function list(value: Json | string | undefined): JsonObject[] {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  return Array.isArray(parsed) ? parsed.filter(isObject) : [];
}

/** A value that is a text, else an empty one. */
export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
