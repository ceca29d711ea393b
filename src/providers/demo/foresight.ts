import type { JsonObject } from '../../base/json.ts';
import type { Job } from './envelopes.ts';
import { type Look, stageOf } from './look.ts';
import type { ManagerPrompt } from './read-manager.ts';
import { problemOf } from './standing.ts';

/**
 * The plan with which a loop begins that may plan: one part for each job, or two where there is no room
 * for more. Undefined when there is nothing to plan any more.
 */
export function planOf(prompt: ManagerPrompt, jobs: readonly Job[]): JsonObject | undefined {
  const most = prompt.means.plan ?? 0;
  const isLate = prompt.turn > 1 || prompt.parts.size > 0 || prompt.answered.has('plan');
  if (isLate || most < 2) return undefined;
  return { decision: 'plan', subtasks: jobs.length <= most ? jobs.map(partOf) : STAGES };
}

function partOf({ id, about, needs, writes, nest }: Job): JsonObject {
  return {
    id,
    description: about,
    dependencies: [...needs],
    ...(writes.length > 0 && { success_criteria: `there is ${writes.join(' and ')}` }),
    ...(id === 'report' && { required_outputs: [...writes] }),
    ...(nest && { delegation_strategy: 'submanager' }),
  };
}

const STAGES: JsonObject[] = [
  { id: stageOf({ needs: [] }), description: 'Compute all figures', dependencies: [] },
  {
    id: stageOf({ needs: ['look'] }),
    description: 'Draw the charts and write the report',
    dependencies: ['look'],
  },
];

/** What may be wrong with the first job whose program failed, before it is tried again. */
export function diagnosisOf(
  { prompt, standing }: Look,
  jobs: readonly Job[],
): JsonObject | undefined {
  if (!prompt.means.diagnose || prompt.answered.has('diagnose')) return undefined;
  const failed = jobs.find(({ id }) => problemOf(standing.get(id)) !== undefined);
  const problem = failed && problemOf(standing.get(failed.id));
  if (!failed || problem === undefined) return undefined;
  const isCell = problem.includes('cannot read');
  return {
    decision: 'diagnose',
    reasoning: `the program of ${failed.id} ended with an error: ${problem.slice(0, 200)}`,
    failed_worker: standing.get(failed.id)?.report?.worker ?? failed.id,
    hypotheses: [
      {
        id: 'cells',
        cause: 'cells of the column are not plain numbers',
        test: 'read what people write as numbers, and count the cells that are none',
        likelihood: isCell ? 0.9 : 0.4,
        test_worker: `${failed.id}_again`,
      },
    ],
  };
}
