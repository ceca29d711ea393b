import type { JsonObject } from '../../base/json.ts';
import type { Message } from '../../events/event.ts';
import { list, objectIn, parametersOf, text } from './prompt-text.ts';

/** What the demo takes from a reviewer's prompt. */
export interface ReviewPrompt {
  role: 'reviewer';
  kind: 'validation' | 'critique';
  /** The line of parameters in the worker's instructions. */
  job: JsonObject | undefined;
  /** Fields that the worker had to report. */
  required: readonly string[];
  output: JsonObject;
  /** Names below `output/`, with their sizes. */
  files: ReadonlyMap<string, number>;
  /** Kinds of defects that the workflow names. */
  categories: readonly string[];
}

const KINDS = [
  ['validation', 'You check the result of one worker:'],
  ['critique', 'You criticise the result of one worker:'],
] as const;
const MARK = /^Texts from outside begin with <data-([0-9a-f]{12})> and end with /m;

/** Reads the question of a reviewer; undefined when it is none. */
export function readReviewPrompt(
  messages: readonly Message[],
  system: string,
): ReviewPrompt | undefined {
  const kind = KINDS.find(([, begin]) => system.startsWith(begin))?.[0];
  const mark = MARK.exec(system)?.[1];
  if (kind === undefined || mark === undefined) return undefined;
  const question = messages.find(({ role }) => role === 'user')?.text ?? '';
  const block = (title: string): string =>
    new RegExp(`^## ${title}\\n<(\\w+-${mark})>\\n([\\s\\S]*?)\\n</\\1>$`, 'm').exec(
      question,
    )?.[2] ?? '';
  const contract = objectIn(block('Contract of its output'))?.required_fields;
  const files = list(block('Files that it wrote')).map(
    ({ file, bytes }) => [text(file).replace(/^output\//, ''), Number(bytes)] as const,
  );
  const named = /^"category" is one of: ([^\n]+)\.$/m.exec(system)?.[1] ?? '';
  return {
    role: 'reviewer',
    kind,
    job: parametersOf(block('Instructions of the worker')),
    required: Array.isArray(contract) ? contract.map((field) => text(field)) : [],
    output: objectIn(block('Its result')) ?? {},
    files: new Map(files),
    categories: named.split(', ').filter(Boolean),
  };
}
