import { AwpError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { hideValues } from '../runtime/nodes/hide-fields.ts';
import { sensitiveIn } from './graph-plan-state.ts';
import type { InputNote } from './inputs.ts';
import { isFileInput } from './inputs.ts';
import type { WorkflowOptions } from './options.ts';

/**
 * Options without the values of inputs that their workflow calls sensitive (R14): `[redacted]` stands
 * in their places before anything is kept of them, and a note says so. Files are not looked into:
 * throws `usage/bad-option` for one that is sensitive as a whole.
 */
export function hideInputs(options: WorkflowOptions): {
  options: WorkflowOptions;
  notes: readonly InputNote[];
} {
  const { inputs, graph } = options;
  const sensitive = graph ? sensitiveIn(graph.manifest) : [];
  if (!inputs || sensitive.length === 0) return { options, notes: [] };
  const notes: InputNote[] = [];
  const hidden = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => {
      const open = hideInput(sensitive, name, value);
      if (open !== value) notes.push({ input: name, message: NOTE });
      return [name, open];
    }),
  );
  return notes.length === 0
    ? { options, notes }
    : { options: { ...options, inputs: hidden }, notes };
}

const NOTE =
  'what state.sharing.sensitive_fields names is kept nowhere: [redacted] stands for it everywhere';

type Input = NonNullable<WorkflowOptions['inputs']>[string];

function hideInput(sensitive: readonly string[], name: string, value: Input): Input {
  const isFile = isFileInput(value) || value instanceof Uint8Array;
  const plain = isFile ? '' : asJson(value);
  // What cannot be written as JSON is refused when the inputs are put in place.
  if (plain === undefined) return value;
  const given: JsonObject = { [name]: plain };
  const hidden = hideValues(sensitive, given);
  if (hidden === given) return value;
  if (!isFile) return hidden[name] ?? null;
  throw new AwpError('usage/bad-option', `the input ${name} is sensitive, and cannot be a file`, {
    hint: 'tools and programs show what files say: take it out of state.sharing.sensitive_fields, or leave it out',
  });
}

function asJson(value: Input): Json | undefined {
  try {
    const text = JSON.stringify(value, (_, one: unknown) =>
      typeof one === 'bigint' ? String(one) : one,
    );
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
}
