import type { Json, JsonObject } from '../../../base/json.ts';
import type { CreationNews, CreationState } from '../../../events/creation-state.ts';
import { clip } from '../clip.ts';
import { oneLine, section } from '../sections.ts';
import type { ManagerPart } from './look.ts';

/** News that one question tells; the latest ones count. */
const MOST_NEWS = 30;
/** Characters of a description, of a schema as JSON, and of what is to be done about a refusal. */
const TEXT_CHARS = 300;
const SCHEMA_CHARS = 1000;

/**
 * Tools and skills that are new since the last question, each told once; all that there are where the
 * conversation begins.
 */
export const newsPart: ManagerPart = ({ state: { creation }, frame, isFirst, marks }) => {
  if (!creation) return undefined;
  const told = frame.delegation?.newsTold ?? 0;
  const news = isFirst ? creation.news : creation.news.slice(told);
  // What came back under its name stands where it came last.
  const last = new Map(news.map((one, index) => [keyOf(one), index]));
  const lines = news.flatMap((one, index) => {
    const line = last.get(keyOf(one)) === index ? lineOf(creation, one, isFirst) : undefined;
    return line ? [JSON.stringify(line)] : [];
  });
  if (lines.length === 0) return undefined;
  const shown = lines.slice(-MOST_NEWS);
  const left = lines.length - shown.length;
  const text = (left > 0 ? [`(${left} before these)`, ...shown] : shown).join('\n');
  const proposed = news.some(({ kind }) => kind === 'proposal') && PROPOSALS;
  const block = marks.block(text, 'agents of this run');
  return section('Tools and skills', [block, proposed].filter(Boolean).join('\n'));
};

const PROPOSALS =
  'A proposal is no tool yet: a worker that may make tools creates it with tools.create and {"proposal": "its name"}.';

function keyOf({ kind, name }: CreationNews): string {
  return `${kind} ${name}`;
}

/** One piece of news; what is no longer there is none, and what is over is none at the beginning. */
function lineOf(
  creation: CreationState,
  { kind, name, hint }: CreationNews,
  isFirst: boolean,
): JsonObject | undefined {
  switch (kind) {
    case 'tool': {
      const tool = creation.tools.get(name);
      if (!tool) return undefined;
      const { description, parameters, creator } = tool;
      return { new_tool: name, ...described(description), ...schemaOf(parameters), by: creator };
    }
    case 'removed':
      return isFirst ? undefined : { removed_tool: name };
    case 'refused':
      return isFirst ? undefined : { refused_tool: name, hint: oneLine(hint ?? '', TEXT_CHARS) };
    case 'skill': {
      const skill = creation.skills.get(name);
      return skill && { new_skill: name, ...described(skill.description) };
    }
    case 'proposal': {
      const proposal = creation.proposals.get(name);
      // Whoever created it has made a tool of it.
      if (!proposal || creation.tools.has(name)) return undefined;
      const { description, workers } = proposal;
      return { proposal: name, ...described(description), workers: [...workers] };
    }
  }
}

function described(description: string): { description: Json } {
  return { description: oneLine(description, TEXT_CHARS) };
}

function schemaOf(parameters: JsonObject): { parameters: Json } {
  return { parameters: clip(parameters, SCHEMA_CHARS) };
}
