import { sha256 } from '../base/hash.ts';
import { canonicalJson, isObject, type Json, type JsonObject } from '../base/json.ts';
import { withinDepth } from './bounds.ts';
import { LIMITS } from './limits.ts';

/** A tool as its server lists it, unchecked besides its shape. */
export interface WireTool {
  name: string;
  description: string;
  inputSchema: Json;
  outputSchema: Json | undefined;
  /** Why it cannot be offered, in words; undefined when nothing speaks against it so far. */
  unfit: string | undefined;
  /** What the server says about calls; it may be wrong. */
  hints: { readOnly: boolean; idempotent: boolean };
  /** Hashes of what a model or a person relies on. */
  hashes: ToolHashes;
}

/** Hashes of the parts of a tool, in hexadecimal; what is pinned. */
export interface ToolHashes {
  description: string;
  input: string;
  output: string;
  hints: string;
}

/** Entries of a page of `tools/list` that are tools; the others are counted. */
export function readPage(value: unknown): {
  tools: WireTool[];
  odd: number;
  cursor: string | undefined;
} {
  const page = isObject(value) ? value : {};
  const entries = Array.isArray(page.tools) ? page.tools : [];
  const tools = entries.map(readTool).filter((tool) => tool !== undefined);
  const { nextCursor } = page;
  return {
    tools,
    odd: entries.length - tools.length,
    cursor: typeof nextCursor === 'string' && nextCursor !== '' ? nextCursor : undefined,
  };
}

function readTool(entry: Json): WireTool | undefined {
  if (!isObject(entry) || typeof entry.name !== 'string' || entry.name === '') return undefined;
  const { name } = entry;
  const sound = withinDepth(entry, LIMITS.depth + 2);
  const { annotations = null, execution = null, ...rest } = sound ? entry : { name };
  const { readOnlyHint, idempotentHint } = isObject(annotations) ? annotations : {};
  const readOnly = readOnlyHint === true;
  const hints = { readOnly, idempotent: readOnly || idempotentHint === true };
  const description = typeof rest.description === 'string' ? rest.description : titleOf(rest);
  const { inputSchema = null, outputSchema } = rest;
  const hashes = {
    description: sha256(description),
    input: sha256(canonicalJson(inputSchema)),
    output: sha256(canonicalJson(outputSchema)),
    hints: sha256(canonicalJson(hints)),
  };
  const taskOnly = isObject(execution) && execution.taskSupport === 'required';
  const unfit = sound ? undefined : `its schemas nest more than ${LIMITS.depth} levels`;
  return {
    ...{ name, description, inputSchema, outputSchema, hints, hashes },
    unfit: taskOnly ? 'it can only be called as a task of its own' : unfit,
  };
}

function titleOf({ title }: JsonObject): string {
  return typeof title === 'string' ? title : '';
}

/** Which parts of a tool differ, in words; empty when none does. */
export function changedParts(before: ToolHashes, after: ToolHashes): string[] {
  const words: Readonly<Record<keyof ToolHashes, string>> = {
    description: 'description',
    input: 'arguments',
    output: 'result',
    hints: 'what it says about its effects',
  };
  return (Object.keys(words) as (keyof ToolHashes)[])
    .filter((part) => before[part] !== after[part])
    .map((part) => words[part]);
}
