import type { ModelSettings, Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import type { Command } from '../command.ts';
import { settingsOf } from '../plan-parts.ts';

/** Failures that no other model would mend: they are about a simulated model. */
const NOT_OF_THE_MODEL = new Set([
  ...['model/out-of-scope', 'model/script-ended'],
  'model/no-image',
  ...['model/tape-miss', 'model/tape-full', 'model/tape-unwritable'],
]);

/** All models of a role, in the order in which they are asked. */
export function modelsInOrder({ model, fallback = [] }: ModelSettings): readonly string[] {
  return [...new Set([model, ...fallback])];
}

/**
 * The fact that an agent goes on with the next model of its list, after a call that failed for
 * good: its attempts are used up, or trying again could not help. Undefined when there is no next
 * one, or no other model would mend it. Pure.
 */
export function nextModel(plan: Plan, frame: Frame): Command[] | undefined {
  const { failure, call, id, model } = frame;
  if (!failure?.code.startsWith('model/') || NOT_OF_THE_MODEL.has(failure.code)) return undefined;
  const models = modelsInOrder(settingsOf(plan, frame));
  const place = models.indexOf(model);
  const to = place < 0 ? undefined : models[place + 1];
  if (to === undefined || call === undefined) return undefined;
  const { code: reason, message } = failure;
  const data = { call, from: model, to, reason, message };
  return [{ do: 'record', facts: [{ type: 'model.switched', agent: id, data }] }];
}

/** Why no model of a list answered: of each what it said, or only the one message. */
export function whyNoModel({ failure, model, passedOver }: Frame): string | undefined {
  if (!failure?.code.startsWith('model/') || passedOver.length === 0) return failure?.message;
  const said = [...passedOver, { model, message: failure.message }];
  return said.map((one) => `${one.model}: ${one.message}`).join('; ');
}
