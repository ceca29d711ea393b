import type { JsonObject } from '../../../base/json.ts';
import type { CodeLanguage } from '../../../events/creation.ts';
import { MOST_SHAPES } from '../../../events/creation-state.ts';
import type { Fact } from '../../../events/event.ts';
import { languageNamed } from '../../../events/languages.ts';
import type { Frame } from '../../../events/state.ts';
import type { RunContext } from '../../context.ts';
import { shapeOf } from './shape.ts';

/** Tools whose programs are looked at. */
const PROGRAMS: readonly string[] = ['code.execute', 'code.solve'];

/** A call of a tool that went well. */
interface EndedCall {
  frame: Frame;
  call: string;
  tool: string;
  args: JsonObject;
}

/**
 * What a program that ran well has in common with others, as a fact; nothing for other tools, and where
 * the author does not want to know. It never keeps a call from having its result.
 */
export function noteShape(
  { plan, state, sandbox }: Pick<RunContext, 'plan' | 'state' | 'sandbox'>,
  { frame, call, tool, args }: EndedCall,
): Fact[] {
  if (!plan.creation?.induction || !PROGRAMS.includes(tool)) return [];
  const { code, language: named, stdin, args: words } = args;
  // A handler has neither.
  if (stdin !== undefined || words !== undefined) return [];
  const asked = typeof named === 'string' && named !== '' ? languageNamed(named) : undefined;
  const language = asked ?? sandbox?.languages[0]?.language;
  if (typeof code !== 'string' || !isCodeLanguage(language)) return [];
  const found = shapeOf(code, language);
  if (!found) return [];
  const { shape, literals, template } = found;
  const shapes = state.creation?.shapes;
  const known = shapes?.get(shape);
  // What a worker runs again says nothing new.
  if (known?.literals.has(frame.id)) return [];
  if (!known && (shapes?.size ?? 0) >= MOST_SHAPES) return [];
  const data = { call, shape, language, literals, ...(!known && { template }) };
  return [{ type: 'program.shaped', agent: frame.id, data }];
}

function isCodeLanguage(language: string | undefined): language is CodeLanguage {
  return language === 'python' || language === 'javascript' || language === 'typescript';
}
