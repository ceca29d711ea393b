import { fileSafe } from '../../base/paths.ts';
import type { Fact } from '../../events/event.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Command } from '../command.ts';
import { unused } from '../engines/decision.ts';
import type { Pass } from '../pass.ts';
import { answerOf } from './decide.ts';
import { type Judgement, scoreOf } from './metrics.ts';
import { subjectOf } from './subject.ts';

/** Starts a judge. It needs no room of its own: its questions are admitted as those of all agents. */
export function startJudge(
  { context, decided, names, runs }: Pass,
  { frame, metric: place }: Extract<Command, { do: 'start-judge' }>,
): void {
  const { plan, state } = context;
  const metric = plan.evaluation?.metrics[place - 1];
  if (!plan.evaluation || !metric) return;
  const { model, temperature } = plan.evaluation.judge;
  const key = `judges of ${frame.id}`;
  const number = (runs.get(key) ?? frame.judging?.started ?? 0) + 1;
  runs.set(key, number);
  const isTaken = (name: string): boolean => state.names.has(name) || names.has(name);
  const name = unused(`judge_${fileSafe(metric.name)}`, isTaken);
  names.add(name);
  decided.facts.push({
    type: 'agent.started',
    agent: `${frame.id}-j${number}`,
    parent: frame.id,
    depth: frame.depth + 1,
    data: {
      ...{ role: 'judge', name, model, temperature, tools: [] },
      ...{ instructions: metric.rubric ?? '', index: place },
    },
  });
}

/** The score of a frame's present answer, as a fact. */
export async function scoreFact(
  state: RunState,
  { frame, hook }: Extract<Command, { do: 'score' }>,
): Promise<Fact[]> {
  const evaluation = state.plan?.evaluation;
  if (!evaluation) return [];
  const found = await scoreOf(evaluation, subjectOf(state, frame), judgements(state, frame));
  const answer = answerOf(frame);
  const about = { hook, target: frame.id, ...(answer !== undefined && { answer }) };
  return [{ type: 'output.scored', agent: frame.id, data: { ...about, ...found } }];
}

/** What a frame's judges said, by the place of their metric. */
function judgements(
  { frames }: RunState,
  { judging }: Pick<Frame, 'judging'>,
): ReadonlyMap<number, Judgement> {
  const judges = (judging?.now ?? []).flatMap((id) => frames.get(id) ?? []);
  return new Map(
    judges.map(({ index, outcome }): [number, Judgement] => {
      const { score, reason } = outcome?.output ?? {};
      if (outcome?.ok && typeof score === 'number') {
        return [index, { score, reason: typeof reason === 'string' ? reason : '' }];
      }
      const problem = `the judge gave no score: ${outcome?.message ?? 'it did not answer'}`;
      return [index, { problem }];
    }),
  );
}
