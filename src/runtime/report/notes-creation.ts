import type { CreatedTool } from '../../events/creation.ts';
import { code, inline } from './markdown.ts';
import type { Note, NoteWriters } from './note.ts';

const FROM: Readonly<Record<CreatedTool['origin'], string>> = {
  agent: 'the tool',
  kept: 'the kept tool',
  project: 'the tool of the project',
};

/** Notes on tools and skills that were made, refused or taken away. */
export const creationNotes: NoteWriters = {
  'tool.created': ({ agent, data: { tool } }) => {
    if (tool.origin !== 'agent')
      return { text: `${FROM[tool.origin]} ${code(tool.name)} is there` };
    const repairs = tool.repairs === 1 ? 'one repair' : `${tool.repairs} repairs`;
    const after = tool.repairs > 0 ? `, after ${repairs}` : '';
    return of(agent, `made the tool ${code(tool.name)}${after}`);
  },
  'tool.cached': ({ agent, data }) =>
    of(agent, `the tool ${code(data.name)} was there already, with the same code`),
  'tool.refused': ({ agent, data: { name, origin, problem } }) => {
    const { status, stage, error, hint } = problem;
    const why = `${status} at ${stage.replace('_', ' ')}: ${inline(error)} (${inline(hint)})`;
    return { ...of(agent, `${FROM[origin]} ${code(name)} was refused, ${why}`), wrong: true };
  },
  'tool.removed': ({ agent, data }) => of(agent, `took the tool ${code(data.name)} away`),
  'tool.proposed': ({ data: { proposal } }) => ({
    text: `the tool ${code(proposal.name)} is proposed: ${proposal.workers.length} workers ran the same program`,
  }),
  'skill.created': ({ agent, data }) => of(agent, `wrote the skill ${code(data.skill.name)}`),
  'skill.refused': ({ agent, data: { name, problems } }) => ({
    ...of(agent, `the skill ${code(name)} was refused: ${inline(problems.join('; '), 600)}`),
    wrong: true,
  }),
};

function of(about: string | undefined, text: string): Note {
  return about === undefined ? { text } : { about, text };
}
