import type { JsonObject } from '../base/json.ts';
import type { Plan } from '../events/plan.ts';
import type { Frame } from '../events/state.ts';
import type {
  ModelAnswer,
  ModelRequest,
  ResolvedModel,
  ToolSpec,
} from '../ports/model-provider.ts';
import { decisionSchema } from './agent/decision-schema.ts';
import { settingsOf } from './plan-parts.ts';

/** How a manager's decision is asked for besides in words. */
export type Native = { schema: JsonObject } | { tool: ToolSpec };

const NAME = 'decide';

/**
 * How the model of a manager is held to the form of a decision: its service checks the answer, or it
 * calls a tool for it. Undefined for others, and where it is not known that the model can: the words
 * of the prompt ask for the same, and an answer in words is read whatever was asked (spec, runtime
 * 4.2). A model that thinks is not made to call a tool: some services refuse both together.
 * `capabilities` with `structuredOutput: false` switches it off.
 */
export function nativeDecision(
  plan: Plan,
  frame: Frame,
  model: ResolvedModel | undefined,
): Native | undefined {
  if (frame.role !== 'manager') return undefined;
  const { structuredOutput = null, tools = null } = model?.capabilities ?? {};
  if (structuredOutput === true) return { schema: decisionSchema(plan, frame) };
  const { reasoning } = settingsOf(plan, frame);
  if (structuredOutput === false || tools !== true || reasoning !== undefined) return undefined;
  const parameters = decisionSchema(plan, frame);
  return { tool: { name: NAME, description: 'Hands in your decision.', parameters } };
}

/** What is sent besides the words, as a tool: it takes room in the prompt in either case. */
export function sentWith(native: Native | undefined): ToolSpec[] {
  if (!native) return [];
  if ('tool' in native) return [native.tool];
  return [{ name: NAME, description: '', parameters: native.schema }];
}

/** The part of a request that asks for it. */
export function nativeRequest(
  native: Native | undefined,
  tools: readonly ToolSpec[],
): Partial<Pick<ModelRequest, 'tools' | 'toolChoice' | 'responseSchema'>> {
  if (!native) return {};
  if ('schema' in native) return { responseSchema: native.schema };
  return { tools: [...tools, native.tool], toolChoice: { tool: NAME } };
}

/** The answer as words: a decision that was handed in by a call is the text of its arguments. */
export function inWords(answer: ModelAnswer): ModelAnswer {
  const call = answer.toolCalls.find(({ name }) => name === NAME);
  if (!call) return answer;
  const { _unparsed: unread } = call.args;
  const text = typeof unread === 'string' ? unread : JSON.stringify(call.args);
  return { ...answer, text, toolCalls: [] };
}
