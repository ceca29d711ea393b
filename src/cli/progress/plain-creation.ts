import type { RunEventType } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import { called, short, type Writer } from './plain-words.ts';

/** Lines for tools and skills that are made; checks and drafts that go well are worth none. */
export const creationWriters: { [T in RunEventType]?: Writer<T> } = {
  'tool.created': ({ data: { tool } }, frame) => {
    const { name, origin, creator, repairs } = tool;
    if (origin === 'project') return `tool ${name} of the project is there`;
    if (origin === 'kept') return `tool ${name} of an earlier run is there`;
    const after = repairs === 0 ? '' : `, repaired ${repairs === 1 ? 'once' : `${repairs} times`}`;
    return `${frame ? called(frame) : creator} made the tool ${name}${after}`;
  },
  'tool.refused': ({ data: { name, problem, origin } }, frame) => {
    const { status, stage, error } = problem;
    return `${whose(frame, origin)}tool ${short(name)} refused (${stage}, ${status}): ${short(error)}`;
  },
  'tool.removed': ({ data }, frame) => `${called(frame)} took the tool ${data.name} away`,
  'tool.proposed': ({ data: { proposal } }) =>
    `${proposal.workers.length} workers ran the same program: proposed as the tool ${proposal.name}`,
  'skill.created': ({ data: { skill, creator } }) =>
    `${short(creator)} wrote the skill ${short(skill.name)}`,
  'skill.refused': ({ data: { name, creator, problems } }) =>
    `skill ${short(name)} of ${short(creator)} refused: ${short(problems.join('; '))}`,
};

function whose(frame: Frame | undefined, origin: 'agent' | 'kept' | 'project'): string {
  if (frame) return `${called(frame)}: `;
  return origin === 'project' ? "the project's " : 'kept ';
}
