import { isObject, type JsonObject } from '../base/json.ts';
import type { EventOf } from './event.ts';
import type { Frame } from './state.ts';

/** What the code of a step asked of its run: a question to a model, or a call of a tool. */
export interface KeptCall {
  kind: 'model' | 'tool';
  /** Id of the effect. */
  call: string;
  /** What was asked: the same question has the same key. */
  key: string;
  idempotent: boolean;
  /** What came of it; undefined while it is out, and when its process died meanwhile. */
  reply?: JsonObject;
}

/** What a preprocessor of a node brought. */
export interface Prepared {
  /** Name of the preprocessor's file. */
  name: string;
  ok: boolean;
  data: JsonObject;
  error?: string;
}

/** What stands before the name of a preprocessor where the log names a tool. */
export const PREPROCESS = 'preprocess.';

/** The key of a tool call of code: the same tool with the same arguments. */
export function keyOfCall(tool: string, args: JsonObject): string {
  return JSON.stringify([tool, args]);
}

/** Id of a preprocessor's call, from 1: it cannot be that of a call that a model asked for. */
export function preparationId(frame: Pick<Frame, 'id'>, number: number): string {
  return `${frame.id}/p${number}`;
}

/** Whether a call is that of a preprocessor. */
function isPreparation(call: string): boolean {
  return /\/p\d+$/.test(call);
}

/** Code asks while it runs: several questions at a time, none of which is what its frame waits for. */
export function codeAsked(frame: Frame, data: EventOf<'model.asked'>['data']): void {
  if (data.attempt > 1) return;
  frame.asks += 1;
  frame.kept ??= [];
  frame.kept.push({ kind: 'model', call: data.call, key: data.inputHash, idempotent: true });
}

/** Keeps an answer, for the case that the code has to run again. */
export function codeAnswered(frame: Frame, data: EventOf<'model.responded'>['data']): void {
  const asked = frame.kept?.find(({ kind, call }) => kind === 'model' && call === data.call);
  if (asked) asked.reply = { text: data.text, usage: { ...data.usage }, cost: data.cost };
}

/** Notes a tool call of code, or that a preprocessor is out. */
export function callMade(frame: Frame, data: EventOf<'tool.called'>['data']): void {
  const { call, tool, args, idempotent } = data;
  if (isPreparation(call)) frame.phase = 'waiting';
  if (frame.role !== 'step') return;
  frame.kept ??= [];
  frame.kept.push({ kind: 'tool', call, key: keyOfCall(tool, args), idempotent });
}

/** Keeps what a tool call of code, or a preprocessor, brought. */
export function callEnded(frame: Frame, data: EventOf<'tool.returned'>['data']): void {
  const { call, ok, status, error, tool } = data;
  if (isPreparation(call)) {
    frame.prepared ??= [];
    const brought = isObject(data.data) ? data.data : {};
    const name = tool.slice(PREPROCESS.length);
    frame.prepared.push({ name, ok, data: brought, ...(error !== undefined && { error }) });
    if (frame.phase === 'waiting') frame.phase = 'ask';
    return;
  }
  const made = frame.kept?.findLast((one) => one.kind === 'tool' && one.call === call);
  if (!made || made.reply) return;
  made.reply = { ok, status, data: data.data, ...(error !== undefined && { error }) };
}

/** A preprocessor whose process died is run again. */
export function callAbandoned(frame: Frame, call: string): void {
  if (isPreparation(call) && frame.phase === 'waiting') frame.phase = 'ask';
}
