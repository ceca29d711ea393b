import { code, codes, count, inline } from './markdown.ts';
import type { Note, NoteWriters } from './note.ts';

/** Notes on what delegation loops did; each stands in the chapter of its decision, or with a worker. */
export const loopNotes: NoteWriters = {
  'agent.started': ({ agent, data: { notes = [] } }) =>
    notes.length === 0
      ? undefined
      : of(agent, `not taken as asked: ${inline(notes.join('; '), 600)}`),
  'agent.skipped': ({ agent, data }) => {
    const { worker, reason, guard } = data;
    const by = guard === undefined ? '' : ` (${guard})`;
    return { ...of(agent, `${code(worker)} was not started${by}: ${inline(reason)}`), wrong: true };
  },
  'manager.rejected': ({ agent, data }) => ({
    ...of(agent, `an answer could not be used: ${inline(data.reason)}`),
    wrong: true,
  }),
  'plan.made': ({ agent, data: { subtasks, merged, dropped = 0 } }) => {
    const left = dropped > 0 ? `; ${dropped} were too many` : '';
    const what = merged ? 'ways to do open parts were taken over' : 'the plan is in force';
    return of(agent, `${what}: ${codes(subtasks.map(({ id }) => id))}${left}`);
  },
  'plan.refused': ({ agent, data }) => of(agent, `the plan was not taken: ${inline(data.reason)}`),
  'subtask.changed': ({ agent, data: { id, status, reason } }) =>
    of(agent, `part ${code(id)} is ${status.replace('_', ' ')}: ${inline(reason)}`),
  'diagnosis.made': ({ agent, data: { hypotheses } }) => {
    const causes = hypotheses.map(({ id, cause }) => `${code(id)} ${inline(cause, 160)}`);
    return of(agent, `may have caused it: ${causes.join('; ')}`);
  },
  'diagnosis.refused': ({ agent, data }) =>
    of(agent, `the diagnosis was not taken: ${inline(data.reason)}`),
  'hypothesis.resolved': ({ agent, data: { id, status, reason } }) =>
    of(agent, `hypothesis ${code(id)} is ${status}: ${inline(reason)}`),
  'worker.overdue': ({ agent }) => ({
    ...of(agent, 'its time for work was over: it had to report'),
    wrong: true,
  }),
  'submanager.refused': ({ agent, data }) =>
    of(agent, `${code(data.worker)} got no manager of its own: ${inline(data.reason)}`),
  'submanager.promoted': ({ agent, data: { worker, score, reasons } }) =>
    of(agent, `${code(worker)} got a manager of its own, ${score}: ${inline(reasons.join('; '))}`),
  'gates.passed': ({ agent, data }) =>
    of(agent, `nothing speaks against it: ${data.gates.join(', ')}`),
  'gate.rejected': ({ agent, data: { gate, reason, defects, final } }) => {
    const end = final ? '; it is not asked again' : '';
    const found = defects.length > 0 ? ` (${inline(defects.join('; '), 600)})` : '';
    return { ...of(agent, `refused by ${gate}: ${inline(reason)}${found}${end}`), wrong: true };
  },
  'result.validated': ({ data: { of: worker, valid, adjusted, feedback, suggestion } }) => {
    const more = adjusted === undefined ? '' : `, confidence ${adjusted} counts`;
    const then = suggestion === undefined ? '' : `; ${inline(suggestion)}`;
    return of(
      worker,
      `validation: ${valid ? 'valid' : 'not valid'}${more}: ${inline(feedback)}${then}`,
    );
  },
  'result.criticised': ({ data: { of: worker, score, summary, defects, note } }) => {
    const found = defects.map(
      ({ severity, category, description }) => `${severity} ${category}: ${description}`,
    );
    const listed = found.length > 0 ? ` (${inline(found.join('; '), 800)})` : '';
    const why = note === undefined ? '' : `; ${inline(note)}`;
    return of(worker, `critique, score ${score}: ${inline(summary)}${listed}${why}`);
  },
  'result.repaired': ({ data: { of: worker, attempt, before, after, kept, reason } }) =>
    of(
      worker,
      `repair ${attempt}, ${before} to ${after}, ${kept ? 'kept' : 'not kept'}: ${inline(reason)}`,
    ),
  'stall.noticed': ({ agent, data }) => ({
    ...of(agent, `it goes nowhere: ${inline(data.message)}`),
    wrong: true,
  }),
  'strategy.switched': ({ agent, data: { strategy, reason } }) =>
    of(agent, `another way is tried, ${strategy.replace('_', ' ')}: ${inline(reason)}`),
  'context.compacted': ({ agent, data: { turns, before, after } }) =>
    of(
      agent,
      `the conversation was summed up: ${turns} turns, ${count(before)} to ${count(after)} tokens`,
    ),
};

function of(about: string | undefined, text: string): Note {
  return about === undefined ? { text } : { about, text };
}
