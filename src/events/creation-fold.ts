import type { RefusalCategory } from './creation.ts';
import type { CreationEventData } from './creation-events.ts';
import { type CreationMetrics, creationOf, MOST_SHAPES } from './creation-state.ts';
import type { EventOf } from './event.ts';
import { newLoop } from './loop-state.ts';
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

  'session.kept': (state, { data }, frame) => {
    if (!frame) return;
    if (data.value) frame.session = data.value;
    if (data.backend !== 'filesystem') return;
    state.sessions ??= new Map();
    state.sessions.set(frame.agentKey ?? frame.name, data.sha256);
  },

  'tool.drafted': (state, { data }) => {
    const creation = creationOf(state);
    const { call, hash, attempt } = data;
    creation.metrics[attempt === 0 ? 'attempts' : 'repair_attempts'] += 1;
    if (attempt === 0) creation.draft = { call, hash };
  },

  'tool.checked': (state, { data: { stage, ok, problem } }) => {
    const { metrics } = creationOf(state);
    if (problem) metrics[FAILURES[problem.category]] += 1;
    // One that brings a draft is counted with it.
    if (stage === 'repair' && !ok) metrics.repair_attempts += 1;
  },

  'tool.cached': (state, { data: { name } }, frame) => {
    creationOf(state).metrics.cache_hits += 1;
    if (frame) mayCall(frame, name);
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
    creation.makers.set(tool.name, frame.id);
    const { draft } = creation;
    if (draft && draft.call === data.call) creation.drafts.set(tool.name, draft);
    mayCall(frame, tool.name);
  },

  'tool.refused': (state, { data: { name, problem } }) => {
    creationOf(state).news.push({ kind: 'refused', name, hint: problem.hint });
    if (DENIALS.has(problem.category)) state.denied += 1;
  },

  'tool.removed': (state, { data: { call, name } }) => {
    // A program that ran again would not get the name a second time.
    const program = state.inFlight.get(state.inFlight.get(call)?.parentCall ?? '');
    if (program) program.idempotent = false;
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
    else if (template !== undefined && shapes.size < MOST_SHAPES)
      shapes.set(shape, { language, template, literals: new Map([[frame.id, literals]]) });
  },

  'tool.proposed': (state, { data: { proposal } }, frame) => {
    const { proposals, news } = creationOf(state);
    proposals.set(proposal.name, proposal);
    news.push({ kind: 'proposal', name: proposal.name });
    if (frame) state.ready.add(frame.id);
  },

  'skill.created': (state, { data: { skill } }) => {
    const { skills, news } = creationOf(state);
    skills.set(skill.name, skill);
    news.push({ kind: 'skill', name: skill.name });
  },

  'skill.refused': () => {},
};

/** Its maker may call a tool at once; others get it when they start. */
function mayCall(frame: Frame, tool: string): void {
  if (!frame.tools.includes(tool)) frame.tools = [...frame.tools, tool];
}

/** Counts a call that came back of a tool that was made in the run; one that a crash cut off is made again. */
export function countCreated(state: RunState, frame: Frame | undefined, tool: string): void {
  const { creation } = state;
  const made = creation?.tools.get(tool);
  if (!made || !creation) return;
  const isReuse = made.origin !== 'agent' || frame?.name !== made.creator;
  const use = creation.uses.get(tool) ?? { calls: 0, reuses: 0 };
  creation.uses.set(tool, use);
  for (const counter of [use, creation.metrics]) {
    counter.calls += 1;
    if (isReuse) counter.reuses += 1;
  }
}

/** A manager's question tells what is new of tools and skills, so that the next one need not. */
export function noteNewsTold({ creation }: RunState, frame: Frame): void {
  if (!creation) return;
  frame.delegation ??= newLoop();
  frame.delegation.newsTold = creation.news.length;
}
