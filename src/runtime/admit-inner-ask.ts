import type { EventData, Fact, Message } from '../events/event.ts';
import { exhaustedFor } from '../events/scopes.ts';
import type { AskRequest } from '../ports/step.ts';
import { modelStart } from './admit-ask.ts';
import { requestHash } from './ask-model.ts';
import { Admission, exhausted, type Refusal } from './budget.ts';
import { timeRefusal } from './budget-time.ts';
import { promptTokens } from './budget-tokens.ts';
import type { RunContext } from './context.ts';
import type { Start } from './effect.ts';
import { modelFor, realMark } from './fallback.ts';
import { asNode, CODE_ENDED, endAsk, type InnerAsk } from './inner-asks.ts';
import { agentOf } from './plan-parts.ts';

/** How long a question waits before it looks for room in the budget again, in milliseconds. */
const AGAIN_MS = 500;

/** What is written ahead of a question, and the question; a refused one is told to its code. */
export interface Admitted {
  facts: readonly Fact[];
  starts: readonly Start[];
}

const NOTHING: Admitted = { facts: [], starts: [] };

/** Admits one question of code: within the time and the budget, like those of agents. */
export function admitInnerAsk(context: RunContext, ask: InnerAsk, now: number): Admitted {
  const { state, plan, stopwatch, innerAsks } = context;
  const { frame, request } = ask;
  const { model } = asNode(ask, plan);
  if (model === '') {
    const hint = 'name one in its file, with -m, or set LLM_MODEL';
    endAsk(ask, { code: 'model/none', message: `no model was named for ${frame.name}`, hint });
    return NOTHING;
  }
  const late = timeRefusal(state, frame, stopwatch.activeMs);
  if (late) return refused(context, ask, late);
  const settings = agentOf(plan, frame);
  const verdict = new Admission(state).ask({
    frame,
    purpose: 'work',
    again: ask.attempts > 0,
    promptTokens: promptTokens(request.messages.map(messageOf), []),
    maxOutputTokens: request.maxOutputTokens ?? settings.maxOutputTokens,
    price: modelFor(context, frame, model)?.price,
  });
  if (verdict.verdict === 'refused') return refused(context, ask, verdict.refusal);
  if (verdict.verdict === 'go') return sent(context, ask, verdict);
  innerAsks.defer(ask, now + AGAIN_MS);
  return NOTHING;
}

/** The code is told; the log says once that a limit is reached. */
function refused({ state }: RunContext, ask: InnerAsk, refusal: Refusal): Admitted {
  const { dimension } = refusal;
  const { frame } = ask;
  const isKnown = exhaustedFor(state, frame)?.dimension === dimension;
  endAsk(ask, { code: `budget/${dimension}`, message: `the limit on ${dimension} is reached` });
  return isKnown ? NOTHING : { facts: [exhausted(frame.id, refusal)], starts: [] };
}

type Reserved = Pick<EventData['model.asked'], 'maxOutputTokens' | 'reserved'>;

function sent(
  context: RunContext,
  ask: InnerAsk,
  { maxOutputTokens, reserved }: Reserved,
): Admitted {
  const { plan, innerAsks } = context;
  const { frame, request, switched } = ask;
  const asking = asNode(ask, plan);
  const settings = agentOf(plan, frame);
  const messages = request.messages.map(messageOf);
  ask.call ??= `${frame.id}/${frame.asks + 1}`;
  ask.attempts += 1;
  ask.switched = undefined;
  const asked: EventData['model.asked'] = {
    ...{ call: ask.call, attempt: ask.attempts, model: asking.model, keep: 0, messages, tools: [] },
    temperature: request.temperature ?? settings.temperature,
    inputHash: hashOfAsk(request, settings.model),
    maxOutputTokens,
    reserved,
    purpose: 'work',
    ...realMark(context, modelFor(context, frame, asking.model)),
  };
  innerAsks.sent(ask, ask.call);
  const start = modelStart(context, asking, { asked, messages, tools: [] });
  const facts: Fact[] = [{ type: 'model.asked', agent: frame.id, data: asked }];
  return { facts: switched ? [switched, ...facts] : facts, starts: [endingWith(ask, start)] };
}

/** Identifies a question of code: asked again after a crash, it has the same hash. */
export function hashOfAsk(request: AskRequest, model: string): string {
  return requestHash({ messages: request.messages.map(messageOf), tools: [] }, model);
}

function messageOf({ role, text }: AskRequest['messages'][number]): Message {
  return role === 'assistant' ? { role, text, toolCalls: [] } : { role, text };
}

/** The effect also ends with the code that asked. */
function endingWith({ signal: ended }: InnerAsk, start: Start): Start {
  return {
    ...start,
    async perform(signal) {
      try {
        return await start.perform(AbortSignal.any([signal, ended]));
      } catch (error) {
        if (signal.aborted || !ended.aborted) throw error;
        return start.outOfTime(CODE_ENDED);
      }
    },
  };
}
