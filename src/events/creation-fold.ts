import type { RefusalCategory } from './creation.ts';
import type { CreationEventData } from './creation-events.ts';
import { type CreationMetrics, creationOf } from './creation-state.ts';
import type { EventOf } from './event.ts';
import type { Frame, RunState } from './state.ts';

type Reducer<T extends keyof CreationEventData> = (
  state: RunState,
  event: EventOf<T>,
  frame: Frame | undefined,
) => void;

const FAILURES: Readonly<Record<RefusalCategory, keyof CreationMetrics>> = {
  policy: 'policy_failures',
  validation: 'validation_failures',
  forbidden_construct: 'validation_failures',
  placeholder: 'validation_failures',
  import: 'import_failures',
  schema_mismatch: 'schema_mismatches',
  dry_run: 'dry_run_failures',
};

/** Refusals that somebody who looks for attacks wants to see. */
const DENIALS: ReadonlySet<RefusalCategory> = new Set(['policy', 'import', 'forbidden_construct']);

/** One entry per fact about code mode, tools and skills that were made. */
export const creationReducers: { [T in keyof CreationEventData]: Reducer<T> } = {
  'calls.derived': (state, { data }, frame) => {
    if (!frame) return;
    frame.calls = data.calls.map((call, index) => ({
      id: `${data.call}.p${index + 1}`,
      call,
      phase: 'asked',
    }));
    frame.derived = { from: data.from, results: [] };
    frame.phase = data.calls.length > 0 ? 'tools' : 'read';
    state.ready.add(frame.id);
  },

  'session.kept': (_state, { data }, frame) => {
    if (frame && data.value) frame.session = data.value;
  },

  'tool.drafted': (state, { data }) => {
    const { metrics } = creationOf(state);
    if (data.attempt === 0) metrics.attempts += 1;
    else metrics.repair_attempts += 1;
  },

  'tool.checked': (state, { data: { problem } }) => {
    if (problem) creationOf(state).metrics[FAILURES[problem.category]] += 1;
  },

  'tool.cached': (state) => {
    creationOf(state).metrics.cache_hits += 1;
  },

  'tool.created': (state, { data }, frame) => {
    const { tool } = data;
    const creation = creationOf(state);
    creation.tools.set(tool.name, tool);
    creation.news.push({ kind: 'tool', name: tool.name });
    if (tool.origin !== 'agent') return;
    creation.metrics.successes += 1;
    if (tool.repairs > 0) creation.metrics.repair_successes += 1;
    if (!frame) return;
    creation.made.set(frame.id, (creation.made.get(frame.id) ?? 0) + 1);
    // Its maker may call it at once; others get it when they start.
    if (!frame.tools.includes(tool.name)) frame.tools = [...frame.tools, tool.name];
  },

  'tool.refused': (state, { data: { problem } }) => {
    if (DENIALS.has(problem.category)) state.denied += 1;
  },

  'tool.removed': (state, { data: { name } }) => {
    const creation = creationOf(state);
    creation.tools.delete(name);
    creation.removed.add(name);
    creation.news.push({ kind: 'removed', name });
  },

  'program.shaped': (state, { data }, frame) => {
    if (!frame) return;
    const { shapes } = creationOf(state);
    const { shape, language, literals, template } = data;
    const known = shapes.get(shape);
    if (known) known.literals.set(frame.id, known.literals.get(frame.id) ?? literals);
    else if (template !== undefined)
      shapes.set(shape, { language, template, literals: new Map([[frame.id, literals]]) });
  },

  'tool.proposed': (state, { data: { proposal } }) => {
    const { proposals, news } = creationOf(state);
    proposals.set(proposal.name, proposal);
    news.push({ kind: 'proposal', name: proposal.name });
  },

  'skill.created': (state, { data: { skill } }) => {
    const { skills, news } = creationOf(state);
    skills.set(skill.name, skill);
    news.push({ kind: 'skill', name: skill.name });
  },

  'skill.refused': () => {},
};

/** Counts a call of a tool that was made in the run. */
export function countCreated(state: RunState, frame: Frame | undefined, tool: string): void {
  const made = state.creation?.tools.get(tool);
  if (!made || !state.creation) return;
  state.creation.metrics.calls += 1;
  if (made.origin !== 'agent' || frame?.name !== made.creator) state.creation.metrics.reuses += 1;
}
