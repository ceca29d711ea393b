import type { AskPurpose, EventData, Fact, Message } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import type { ResolvedModel, ToolSpec } from '../ports/model-provider.ts';
import { shortened, windowOf } from './agent/compact.ts';
import { askModel, requestHash } from './ask-model.ts';
import { askableAt } from './ask-rates.ts';
import { exhausted, type Refusal, type Verdict } from './budget.ts';
import { timeRefusal } from './budget-time.ts';
import { promptTokens } from './budget-tokens.ts';
import { codemodeOf } from './codemode/codemode.ts';
import type { RunContext } from './context.ts';
import type { Start } from './effect.ts';
import { modelFor, realMark } from './fallback.ts';
import { type Native, nativeDecision, sentWith } from './native-decision.ts';
import type { Pass } from './pass.ts';
import { settingsOf } from './plan-parts.ts';
import { type Ask, type Question, questionFor } from './question.ts';

/** Admits a question: it is written ahead and sent, waits for room or for a time, or is refused. */
export async function admitAsk(pass: Pass, command: Ask): Promise<void> {
  const { context, decided } = pass;
  const { frame, purpose, notBefore } = command;
  const late = timeRefusal(context.state, frame, context.stopwatch.activeMs);
  if (late && purpose !== 'closing') {
    decided.facts.push(noRoom(frame, purpose, late));
    return;
  }
  const until = Math.max(notBefore ?? 0, askableAt(pass, frame) ?? 0);
  if (until > pass.now) {
    decided.later.push({ frame: frame.id, until });
    return;
  }
  let worded = inWords(pass, command);
  // The last turn has to fit into what was kept back for it, however long the conversation is.
  if (purpose === 'closing' && isShort(worded.verdict)) worded = inWords(pass, command, true);
  const { question, files, compacted, messages, tools, native, model, verdict } = worded;
  if (verdict.verdict === 'wait') {
    decided.blocked.push(frame.id);
    return;
  }
  if (verdict.verdict === 'refused') {
    decided.facts.push(noRoom(frame, purpose, verdict.refusal));
    return;
  }
  await context.runFiles.keepContext(frame, files);
  const isRetry = frame.phase === 'retry';
  if (compacted) {
    decided.facts.push({ type: 'context.compacted', agent: frame.id, data: compacted });
  }
  const asked: EventData['model.asked'] = {
    call: isRetry && frame.call !== undefined ? frame.call : `${frame.id}/${frame.asks + 1}`,
    attempt: isRetry ? frame.attempt + 1 : 1,
    model: frame.model,
    ...question,
    tools: tools.map(({ name }) => name),
    temperature: frame.temperature,
    maxOutputTokens: verdict.maxOutputTokens,
    inputHash: requestHash({ messages, tools, native }, frame.model),
    reserved: verdict.reserved,
    purpose,
    ...realMark(context, model),
  };
  decided.facts.push({ type: 'model.asked', agent: frame.id, data: asked });
  decided.starts.push(modelStart(context, frame, { asked, messages, tools, native }));
}

/**
 * A limit refused a question. Of a repairer it says nothing but that there is no repair: the agents that
 * are at work may still have room for what they do.
 */
function noRoom({ id, role }: Frame, purpose: AskPurpose, refusal: Refusal): Fact {
  if (role !== 'repairer') return exhausted(id, { ...refusal, purpose });
  const { dimension } = refusal;
  const data = { code: `budget/${dimension}`, message: `the limit on ${dimension} leaves no room` };
  return { type: 'agent.failed', agent: id, data };
}

/** A question in words, and whether there is room for it. */
interface Worded extends Omit<Prepared, 'asked'> {
  question: Pick<Question, 'keep' | 'messages'>;
  files: NonNullable<Question['files']>;
  compacted: Question['compacted'];
  model: ResolvedModel | undefined;
  verdict: Verdict;
}

function inWords({ context, admission }: Pass, command: Ask, tight = false): Worded {
  const { frame, purpose } = command;
  const tools = specsOf(context, frame);
  const settings = settingsOf(context.plan, frame);
  const model = modelFor(context, frame, frame.model);
  // Where there is little room the words alone do: a schema takes room, too.
  const native = tight ? undefined : nativeDecision(context.plan, frame, model);
  const { files = [], compacted, ...question } = fitting(context, { command, tools, tight });
  const messages = [...frame.transcript.slice(0, question.keep), ...question.messages];
  const verdict = admission.ask({
    frame,
    purpose,
    again: frame.phase === 'retry',
    ...(frame.role === 'repairer' && { isFinal: true }),
    promptTokens: promptTokens(messages, [...tools, ...sentWith(native)]),
    maxOutputTokens: Math.min(settings.maxOutputTokens, frame.order?.maxOutputTokens ?? Infinity),
    price: model?.price,
  });
  return { question, files, compacted, messages, tools, native, model, verdict };
}

/** A question that fits into the window of its model; that of a manager sees to it by itself. */
function fitting(
  context: RunContext,
  { command, tools, tight }: { command: Ask; tools: readonly ToolSpec[]; tight: boolean },
): Question {
  const { frame } = command;
  const question = questionFor(context, command, tight);
  if (frame.role === 'manager') return question;
  const messages = [...frame.transcript.slice(0, question.keep), ...question.messages];
  const less = shortened({ messages, tools, window: windowOf(context, frame) });
  if (!less) return question;
  const { keep, cut, before, after } = less;
  return { ...question, keep, messages: less.messages, compacted: { turns: cut, before, after } };
}

/** Whether a question was refused for its length. */
function isShort(verdict: Verdict): boolean {
  if (verdict.verdict !== 'refused') return false;
  const { dimension } = verdict.refusal;
  return dimension === 'tokens' || dimension === 'cost';
}

/** A question that is to be sent. */
export interface Prepared {
  asked: EventData['model.asked'];
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  native?: Native | undefined;
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

/** Tools that the model is told of: none in code mode, where programs call them. */
function specsOf({ plan, specs }: RunContext, frame: Frame): ToolSpec[] {
  if (codemodeOf(plan, frame)) return [];
  return frame.tools.flatMap((name) => specs.get(name) ?? []);
}
