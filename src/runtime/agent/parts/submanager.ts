import type { JsonObject } from '../../../base/json.ts';
import { scopeOf } from '../../../events/scopes.ts';
import { loopOf } from '../../plan-parts.ts';
import { levelOf } from '../../submanagers/depth.ts';
import { section, sections } from '../sections.ts';
import type { ManagerPart } from './look.ts';

/**
 * What a sub-manager is: how deep, for whom it works, what share of the budget is its own, what its
 * result must hold, and, as data, the task of the whole run (spec, runtime 5.4).
 */
export const submanagerPart: ManagerPart = ({ plan, state, frame, marks }) => {
  const above = state.frames.get(frame.parent ?? '');
  if (above?.role !== 'manager') return undefined;
  const { contract, order } = frame;
  const place: JsonObject = {
    name: frame.name,
    level: levelOf(state, frame),
    deepest_level: scopeOf(state, frame).limits.depth,
    your_manager: above.name,
  };
  const skills = order?.skills ?? [];
  return sections([
    section(
      'Your place',
      `You are a sub-manager: your manager gave you a piece of its work and a share of its budget. Do this piece with workers of your own and finish with its result.\n${JSON.stringify(place)}`,
    ),
    contract &&
      section(
        'Your result',
        marks.block(JSON.stringify(contract), 'your manager, for the fields of "final_result"'),
      ),
    skills.length > 0 &&
      section('Skills meant for this piece', marks.block(JSON.stringify(skills), 'your manager')),
    frame.instructions !== plan.task &&
      section('Task of the whole run', marks.block(plan.task, 'the user', 'task')),
  ]);
};

/** The agents whose managers sub-managers may have, as the field of a delegation names them. */
export const submanagerAgentsPart: ManagerPart = ({ plan, frame }) => {
  const { submanagers = {} } = loopOf(plan, frame);
  const names = Object.entries(submanagers);
  if (names.length === 0) return undefined;
  const lines = names.map(([name, { about }]) =>
    about === undefined ? `- ${name}` : `- ${name}: ${about}`,
  );
  const how = 'A sub-manager may be led by one of these: "submanager_agent": "name".';
  return section('Agents that can lead a sub-manager', [how, ...lines].join('\n'));
};
