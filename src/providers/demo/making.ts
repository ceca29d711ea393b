import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Message } from '../../events/event.ts';
import { type Block, objectIn, sectionOf, text } from './prompt-text.ts';
import { SCORE_ABOUT, SCORE_SKILL } from './score-tool.ts';

/** What a manager's prompt says about tools and skills that can be made; undefined where none can be. */
export interface MakingNews {
  /** Where the demo would have a tool made: the first namespace whose tools do nothing but compute. */
  namespace: string;
  /** Tools that agents made, with what they are said to do. */
  tools: ReadonlyMap<string, string>;
  /** Names that no new tool can have: those of tools that were refused or taken away. */
  spent: ReadonlySet<string>;
  /** Whether a skill that it writes is kept for later workers. */
  writesSkills: boolean;
  /** Skills that workers can be given by name. */
  skills: ReadonlySet<string>;
}

/** Reads what can be made from a manager's system prompt, and what was made from its turns. */
export function makingIn(system: string, blocks: readonly Block[]): MakingNews | undefined {
  const namespace = namespaceIn(sectionOf(system, 'Making tools') ?? '');
  if (namespace === undefined) return undefined;
  const skillSection = sectionOf(system, 'Skills') ?? '';
  const tools = new Map<string, string>();
  const spent = new Set<string>();
  const skills = new Set(
    [...skillSection.matchAll(/^- ([a-z0-9-]+): /gm)].map(([, name = '']) => name),
  );
  const news = blocks.filter(({ title }) => title === 'Tools and skills');
  for (const line of news.flatMap((block) => block.text.split('\n'))) {
    const one = objectIn(line) ?? {};
    if (one.new_tool !== undefined) tools.set(text(one.new_tool), text(one.description));
    if (one.new_skill !== undefined) skills.add(text(one.new_skill));
    const gone = text(one.removed_tool) || text(one.refused_tool);
    if (gone === '') continue;
    spent.add(gone);
    if (one.removed_tool !== undefined) tools.delete(gone);
  }
  const writesSkills = /^A text of yours that begins with "---/m.test(skillSection);
  return { namespace, tools, spent, writesSkills, skills };
}

function namespaceIn(section: string): string | undefined {
  const lines = [...section.matchAll(/^- ([a-z][a-z0-9_]*): (computes.*)$/gm)];
  const plain = lines.find(([, , does]) => does === 'computes');
  return (plain ?? lines[0])?.[1];
}

/** The tool that scores columns: one that is there, or the name that a new one can have. */
export interface ScoreTool {
  name: string;
  isThere: boolean;
}

/** Names for it, the best first. */
const ACTIONS = ['score', 'column_score', 'robust_score'];

/** Undefined when every name is taken by something else. */
export function scoreTool({ namespace, tools, spent }: MakingNews): ScoreTool | undefined {
  for (const [name, about] of tools) {
    if (about === SCORE_ABOUT) return { name, isThere: true };
  }
  const name = ACTIONS.map((action) => `${namespace}.${action}`).find(
    (one) => !tools.has(one) && !spent.has(one),
  );
  return name === undefined ? undefined : { name, isThere: false };
}

/** Skills of the workflow that a worker is given besides the demo's own. */
const MOST_SKILLS = 3;

/** What a delegation says under `skills`: the text of the demo's skill when nobody has it yet, else names. */
export function skillsFor({ skills, writesSkills }: MakingNews, written: string): Json[] {
  const others = [...skills].filter((name) => name !== SCORE_SKILL).slice(0, MOST_SKILLS);
  if (skills.has(SCORE_SKILL)) return [SCORE_SKILL, ...others];
  return writesSkills ? [written, ...others] : others;
}

/** What came of one call of a worker's tools. */
export interface Reply {
  name: string;
  ok: boolean;
  data: JsonObject;
  error: string;
}

/** The replies of a worker's conversation. */
export function repliesIn(messages: readonly Message[]): Reply[] {
  return messages.flatMap((message) => {
    if (message.role !== 'tool') return [];
    const envelope = objectIn(message.text) ?? {};
    const data = isObject(envelope.data) ? envelope.data : {};
    return [{ name: message.name, ok: envelope.ok === true, data, error: text(envelope.error) }];
  });
}
