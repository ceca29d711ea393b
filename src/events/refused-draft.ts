import { isObject } from '../base/json.ts';
import type { EventData } from './event.ts';

/**
 * Whether a call failed because a draft of a tool was refused: the fact `tool.refused` right before it
 * tells of that, with stage and hint, so a failed call need not be told of as well. Not so where an
 * agent may make no tools (DT7), or where the whole call was cut: no draft was looked at.
 */
export function isRefusedDraft({
  ok,
  tool,
  data,
}: Pick<EventData['tool.returned'], 'ok' | 'tool' | 'data'>): boolean {
  return !ok && tool === 'tools.create' && isObject(data) && data.registered === false;
}
