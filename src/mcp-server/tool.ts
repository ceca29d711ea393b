import type { JsonObject } from '../base/json.ts';
import type { RunDesk } from './desk.ts';
import type { McpSettings } from './settings.ts';
import type { ServedWorkflow } from './workflows.ts';

/** What every tool and resource works on. */
export interface ServerParts {
  desk: RunDesk;
  settings: McpSettings;
  workflows: readonly ServedWorkflow[];
}

/** One call of a tool by a client. */
export interface ToolCallContext {
  /** Aborts when the client gives up waiting, or is gone. */
  signal: AbortSignal;
  /** Tells the client how far it is, if it wants to know. `step` grows. */
  progress(step: number, message: string): void;
}

/** What a tool answers: the same for programs and for models. */
export interface ToolAnswer {
  structured: JsonObject;
  text: string;
  /** An image that a model can look at, in base64. */
  image?: { data: string; mimeType: string };
}

/** A tool that clients are offered. */
export interface ServerTool {
  name: string;
  title: string;
  description: string;
  /** JSON Schema of the arguments; they are held against it before `run`. */
  input: JsonObject;
  /** JSON Schema of `structured`. */
  output: JsonObject;
  hints: {
    readOnlyHint: boolean;
    destructiveHint?: boolean;
    idempotentHint?: boolean;
    openWorldHint: boolean;
  };
  /** Throws `AwpError`, which the client is told as a failed call. */
  run(args: JsonObject, context: ToolCallContext): Promise<ToolAnswer>;
}

/** JSON Schema of an object with these fields and no others. */
export function objectSchema(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', additionalProperties: false, properties, required: [...required] };
}

/** JSON Schema of a run's id. */
export const RUN_ID: JsonObject = {
  type: 'string',
  minLength: 1,
  maxLength: 100,
  description: 'id of a run, or a unique beginning of it',
};
