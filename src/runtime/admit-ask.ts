import type { EventData, Message } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import type { ToolSpec } from '../ports/model-provider.ts';
import { askModel, requestHash } from './ask-model.ts';
import { exhausted } from './budget.ts';
import { timeRefusal } from './budget-time.ts';
import { promptTokens } from './budget-tokens.ts';
import type { RunContext } from './context.ts';
import type { Start } from './effect.ts';
import { modelFor, realMark } from './fallback.ts';
import type { Pass } from './pass.ts';
import { settingsOf } from './plan-parts.ts';
import { type Ask, questionFor } from './question.ts';

/** Admits a question: it is written ahead and sent, waits for room or for a time, or is refused. */
export async function admitAsk(pass: Pass, command: Ask): Promise<void> {
  const { context, admission, decided } = pass;
  const { frame, purpose, notBefore } = command;
  const late = timeRefusal(context.state, frame, context.stopwatch.activeMs);
  if (late && purpose !== 'closing') {
    decided.facts.push(exhausted(frame.id, { ...late, purpose }));
    return;
  }
  if (notBefore !== undefined && notBefore > pass.now) {
    decided.later.push({ frame: frame.id, until: notBefore });
    return;
  }
  const { files = [], ...question } = questionFor(context, command);
  const messages = [...frame.transcript.slice(0, question.keep), ...question.messages];
  const tools = specsOf(context, frame);
  const settings = settingsOf(context.plan, frame);
  const isRetry = frame.phase === 'retry';
  const model = modelFor(context, frame, frame.model);
  const verdict = admission.ask({
    frame,
    purpose,
    again: isRetry,
    promptTokens: promptTokens(messages, tools),
    maxOutputTokens: settings.maxOutputTokens,
    price: model?.price,
  });
  if (verdict.verdict === 'wait') {
    decided.blocked.push(frame.id);
    return;
  }
  if (verdict.verdict === 'refused') {
    decided.facts.push(exhausted(frame.id, { ...verdict.refusal, purpose }));
    return;
  }
  await context.runFiles.keepContext(frame, files);
  const asked: EventData['model.asked'] = {
    call: isRetry && frame.call !== undefined ? frame.call : `${frame.id}/${frame.asks + 1}`,
    attempt: isRetry ? frame.attempt + 1 : 1,
    model: frame.model,
    ...question,
    tools: tools.map(({ name }) => name),
    temperature: frame.temperature,
    maxOutputTokens: verdict.maxOutputTokens,
    inputHash: requestHash({ messages, tools }, frame.model),
    reserved: verdict.reserved,
    purpose,
    ...realMark(context, model),
  };
  decided.facts.push({ type: 'model.asked', agent: frame.id, data: asked });
  decided.starts.push(modelStart(context, frame, { asked, messages, tools }));
}

/** A question that is to be sent. */
export interface Prepared {
  asked: EventData['model.asked'];
  messages: readonly Message[];
  tools: readonly ToolSpec[];
}

const OUT_OF_TIME = {
  code: 'budget/time',
  message: 'the wall time was over before the answer came',
};

/** The effect of a question: it brings `model.responded` or `model.failed`. */
export function modelStart(context: RunContext, frame: Frame, prepared: Prepared): Start {
  const { asked } = prepared;
  return {
    id: asked.call,
    async perform(signal) {
      const facts = await askModel(context, { frame, ...prepared }, signal);
      return { frame: frame.id, facts, files: [] };
    },
    outOfTime({ code, message } = OUT_OF_TIME) {
      const output = Math.min(asked.maxOutputTokens, asked.reserved.tokens);
      const data: EventData['model.failed'] = {
        ...{ call: asked.call, attempt: asked.attempt, code, message },
        usage: { input: asked.reserved.tokens - output, output, estimated: true },
        cost: asked.reserved.cost,
      };
      return {
        frame: frame.id,
        facts: [{ type: 'model.failed', agent: frame.id, data }],
        files: [],
      };
    },
  };
}

function specsOf({ specs }: RunContext, frame: Frame): ToolSpec[] {
  return frame.tools.flatMap((name) => specs.get(name) ?? []);
}
