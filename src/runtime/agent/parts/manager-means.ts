import type { Limits } from '../../../events/plan.ts';
import { boxBrief } from '../box-prompt.ts';
import { oneLine, section } from '../sections.ts';
import { skillList } from '../skills.ts';
import type { ManagerPart } from './look.ts';

/** Characters that a manager is told of what a tool does, its first sentence; its workers are told all. */
const TOOL_CHARS = 160;

/** The tools that workers may have. */
export const toolsPart: ManagerPart = ({ surroundings }) => {
  const lines = surroundings.tools.map(
    ({ name, description }) =>
      `- ${name}: ${oneLine(description.split(/(?<=\.)\s/)[0] ?? '', TOOL_CHARS)}`,
  );
  return section('Tools that workers may have', lines.join('\n') || 'none');
};

/** The skills of the run. */
export const skillsPart: ManagerPart = ({ plan, frame }) => {
  const skills = skillList(plan, frame);
  return skills === undefined ? undefined : section('Skills', skills);
};

/** The box of the run. */
export const boxPart: ManagerPart = ({ surroundings, plan }) =>
  boxBrief(surroundings.box, plan.sandbox);

/** The limits of its loop. */
export const limitsPart: ManagerPart = ({ limits, policy }) =>
  section(
    'Limits',
    JSON.stringify({ ...limitsOf(limits), workers_in_one_turn: policy.turnWorkers }),
  );

function limitsOf({ loops, workers, tokens, tools, time, parallel }: Limits) {
  const seconds = time === null ? null : Math.round(time / 1000);
  return { turns: loops, workers, tokens, tool_calls: tools, seconds, workers_at_once: parallel };
}

/** The form of the result of the run, for the manager that gives it. */
export const typedOutputPart: ManagerPart = ({ plan: { output }, frame }) => {
  if (!output || frame.parent !== undefined) return undefined;
  return section(
    'Typed output',
    `"final_result" must have a field "output" that fits this JSON Schema:\n${JSON.stringify(output)}`,
  );
};
