import { canonicalJson, isObject, type Json, type JsonObject, jsonBytes } from '../../base/json.ts';
import { nodeIn } from '../../events/graph-agents.ts';
import { type GraphPlace, isPlain } from '../../events/graph-nodes.ts';
import { loopQuestion } from '../../events/loop-requests.ts';
import { type NodeQuestion, nodeRequest } from '../../events/node-requests.ts';
import type { PlanAgent } from '../../events/plan-graph.ts';
import type { Approval, RunState } from '../../events/state.ts';
import { checkNodeOutput } from '../nodes/check-node-output.ts';
import { hiddenFields, hideSensitive, isReserved } from '../nodes/hide-fields.ts';
import { badEdit } from './bad-edit.ts';
import type { ApprovalAnswer } from './inbox.ts';
import { checkedLoopArgs } from './loop-requests.ts';

/**
 * An answer as it may be recorded. What a person put in the place of a node's output is held against
 * the schema of its agent, sensitive values in it are hidden (R14); what is said to a loop is one
 * value; answers about a turn, a sub-manager or a limit: see `checkedLoopArgs`. Answers to calls of
 * tools stay as they are: tools check their arguments. Throws `approval/bad-edit` for what cannot be.
 */
export async function checkedAnswer(
  state: RunState,
  approval: Approval,
  answer: ApprovalAnswer,
): Promise<ApprovalAnswer> {
  const asked = nodeRequest(approval);
  const place = asked && nodeIn(state.graphs.get(asked.frame), asked.node);
  const { args, ...bare } = answer;
  const isLoop = loopQuestion(approval) !== undefined;
  if (!isLoop && !place) return answer;
  if (args === undefined || answer.decision === 'rejected') return answer;
  // Looked at in an editor and left as it was.
  if (canonicalJson(args) === canonicalJson(approval.args)) return bare;
  if (isLoop) return { ...bare, args: checkedLoopArgs(approval, args) ?? args };
  if (!asked || !place) return answer;
  return { ...bare, args: await EDITS[asked.about]({ state, place, approval }, args) };
}

interface Edited {
  state: RunState;
  place: GraphPlace;
  approval: Approval;
}

type Edit = (edited: Edited, args: JsonObject) => JsonObject | Promise<JsonObject>;

const EDITS: Readonly<Record<NodeQuestion, Edit>> = {
  before: ({ approval }) => {
    throw badEdit(approval, 'the start of a node has nothing that can be changed', ONLY_YES);
  },

  async after(edited, args) {
    const { approval } = edited;
    const { output, ...others } = args;
    const isAlone = isObject(output) && Object.keys(others).length === 0;
    if (!isAlone) throw badEdit(approval, 'it is not an object `output` alone', ONLY_OUTPUT);
    const problem = (await outputProblems(edited, output)).join('; ');
    if (problem !== '') throw badEdit(approval, problem, ONLY_OUTPUT);
    const { sharing } = edited.place.graph.plan.state;
    return { output: hideSensitive(fromOf(edited), sharing, output) };
  },

  input({ place, approval }, args) {
    const { input } = args;
    if (input === undefined) throw badEdit(approval, 'there is no `input` in it', ONLY_INPUT);
    const problem = tooLarge(place, input);
    if (problem !== undefined) throw badEdit(approval, problem, ONLY_INPUT);
    return { input };
  },
};

const ONLY_YES = 'approve it as it is, or reject it with a reason';
const ONLY_OUTPUT = 'write {"output": {...}} with the whole output';
const ONLY_INPUT = 'write {"input": ...} with what the node is to be told';

async function outputProblems(edited: Edited, output: JsonObject): Promise<string[]> {
  const { place } = edited;
  const reserved = Object.keys(output).filter(isReserved);
  const size = tooLarge(place, output);
  return [
    ...reserved.map((key) => `the key ${key} belongs to the runtime`),
    ...(size === undefined ? [] : [size]),
    ...(await contractProblems(edited, output)),
  ];
}

/** Outputs of loops and fan-outs are no agent's: no schema is about them. */
async function contractProblems(edited: Edited, output: JsonObject): Promise<readonly string[]> {
  const { agent, ...from } = fromOf(edited);
  const { graph, node } = edited.place;
  if (!agent || !isPlain({ ...node.plan, approval: 'before' })) return [];
  const { schema, validation } = agent.output;
  const rules: PlanAgent['output'] = {
    ...agent.output,
    ...{ format: 'json', validation: schema ? 'strict' : validation },
  };
  const hidden = hiddenFields({ ...from, agent }, graph.plan.state.sharing);
  const checked = await checkNodeOutput({ output: rules }, JSON.stringify(output), hidden);
  return checked.problems;
}

function fromOf({ state, place }: Edited): { node: string; agent: PlanAgent | undefined } {
  const { id, agent } = place.node.plan;
  return { node: id, agent: state.plan?.agents?.[agent ?? ''] };
}

function tooLarge({ graph }: GraphPlace, value: Json): string | undefined {
  const { fieldBytes } = graph.plan.state.limits;
  const bytes = jsonBytes(value);
  return bytes <= fieldBytes ? undefined : `it has ${bytes} bytes, and ${fieldBytes} is the most`;
}
