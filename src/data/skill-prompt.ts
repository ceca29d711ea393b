import { SKILL_FILE, SKILL_LIMITS } from '../models/skill.ts';
import type { ReadSkill } from '../parser/skill-folder.ts';

/** A skill's text as prompts have it. */
export interface ComposedText {
  text: string;
  /** Characters of the skill that had no place in it; 0 when all is there. */
  cut: number;
}

/** Characters of the list of files. */
const LIST_CHARS = 4000;
/** Characters of what it says that it needs. */
const NEEDS_CHARS = 500;
/** Kept free for the remark that the text was cut. */
const REMARK_CHARS = 200;

/**
 * The text of a skill for prompts, at most 32,000 characters: what it says, what it needs, the list
 * of its files as workers find them below `folder`, and those references and examples that are short
 * and still fit.
 */
export function composeText(skill: ReadSkill, folder: string): ComposedText {
  const { body, compatibility, tools, shown } = skill;
  const listed = fileList(skill, folder);
  const tail = [
    compatibility !== undefined && `Needs: ${compatibility.slice(0, NEEDS_CHARS).toWellFormed()}`,
    tools.length > 0 &&
      `Tools that it speaks of: ${tools.join(', ').slice(0, NEEDS_CHARS).toWellFormed()}`,
    listed !== '' &&
      `## References\nPaths in this text start from ${folder}/. There is:\n${listed}`,
  ].filter((part) => part !== false);
  const most = SKILL_LIMITS.textChars - tail.join('\n\n').length - REMARK_CHARS;
  const cut = Math.max(0, body.length - most);
  const start =
    cut === 0
      ? body
      : `${body.slice(0, most).toWellFormed()}\n\n(${cut} characters more are in ${folder}/${SKILL_FILE})`;
  let text = [start, ...tail].join('\n\n');
  for (const [path, content] of shown) {
    const part = `\n\n### ${path}\n${content}`;
    if (text.length + part.length <= SKILL_LIMITS.textChars) text += part;
  }
  return { text, cut };
}

function fileList({ files }: ReadSkill, folder: string): string {
  const lines: string[] = [];
  let left = LIST_CHARS;
  const others = files.filter(({ path }) => path !== SKILL_FILE);
  for (const { path, bytes } of others) {
    const line = `- ${folder}/${path} (${bytes} bytes)`;
    left -= line.length;
    if (left < 0) return [...lines, `- and ${others.length - lines.length} more`].join('\n');
    lines.push(line);
  }
  return lines.join('\n');
}
