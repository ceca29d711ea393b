import { sha256 } from '../../../base/hash.ts';
import type { Json } from '../../../base/json.ts';
import type { ToolDraft } from '../../../events/creation.ts';
import type { DraftContext } from '../../../ports/toolsmith.ts';
import { analysePython } from './analyse-python.ts';
import { analyseScript } from './analyse-script.ts';
import type { CodePlace } from './problem.ts';

/** Something at a place of the code. */
export type Placed<T> = T & CodePlace;

/** A meaning that the code gives to the name `handler`. */
export interface HandlerForm {
  kind: 'function' | 'async' | 'generator' | 'other';
}

/** How a handler takes its arguments. */
export interface HandlerInput {
  /** Names that it takes by name, and those that it reads of the object with all of them. */
  reads: readonly string[];
  /** Whether it may read more than can be seen. */
  open: boolean;
  /** Whether its body uses any of them. */
  used: boolean;
  /** Why it cannot be called as tools are; undefined when it can. */
  problem?: Placed<{ error: string }>;
}

/** A value that a handler returns. */
export interface Returned {
  /** The value, when the code says it as it is. */
  constant?: Json;
}

/** A module that the code imports. */
export interface Imported {
  /** As the code names it; dots before it make it relative. */
  module: string;
  /** What is taken from it. */
  names: readonly string[];
}

/** A name, field or text that the rules of its language list. */
export interface Used {
  kind: 'name' | 'field' | 'call' | 'text' | 'module' | 'import-call' | 'built-in';
  name: string;
}

/** What code says of itself without being run; lists are bounded. */
export interface Analysis {
  handlers: readonly Placed<HandlerForm>[];
  /** Of the first handler that is a function. */
  input: HandlerInput;
  /** Values that it returns; those without any are left out. */
  returns: readonly Placed<Returned>[];
  /** Text that it puts into results. */
  texts: readonly Placed<{ text: string }>[];
  /** What it throws: the name of the error's class and its text. */
  throws: readonly Placed<{ name: string; text: string }>[];
  imports: readonly Placed<Imported>[];
  used: readonly Placed<Used>[];
}

/** Why code could not be read. */
export interface Unread {
  unread: string;
  hint: string;
  /** Whether other code would help. */
  repairable: boolean;
  /** Whether the same code may be read another time. Default false. */
  again?: boolean;
}

/** Analyses that are kept: one draft is asked for by several checks. */
const KEPT = 32;
const known = new Map<string, Analysis | Unread>();

/**
 * Reads the code of a draft: Python in the box, since only Python reads Python; the others here.
 * Nothing of it is run. Rejects with the reason of the context's signal, and with `sandbox/...` when
 * there is no box.
 */
export async function analyse(
  draft: Pick<ToolDraft, 'code' | 'language'>,
  context: DraftContext,
): Promise<Analysis | Unread> {
  const key = sha256(`${draft.language}\0${draft.code}`);
  const before = known.get(key);
  if (before) return before;
  const read = draft.language === 'python' ? analysePython : analyseScript;
  const analysis = await read(draft, context);
  // What is not the fault of the code may be better the next time.
  if (!('unread' in analysis) || (analysis.repairable && !analysis.again)) keep(key, analysis);
  return analysis;
}

function keep(key: string, analysis: Analysis | Unread): void {
  const oldest = known.keys().next();
  if (known.size >= KEPT && !oldest.done) known.delete(oldest.value);
  known.set(key, analysis);
}
