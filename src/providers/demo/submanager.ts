import { isObject, type JsonObject } from '../../base/json.ts';
import { columnJobs, envelopeOf, type Job } from './envelopes.ts';
import { list, parametersOf, text } from './prompt-text.ts';
import type { ManagerPrompt } from './read-manager.ts';
import { open, problemOf, type Standing, standings } from './standing.ts';

/** Workers among which a table is divided at most. */
const MOST_PARTS = 4;

/**
 * The decision of a sub-manager that a demo manager gave a piece of its work: groups of columns for
 * workers of its own where there is a whole table to describe, else one worker that does the piece.
 */
export function decidePiece(prompt: ManagerPrompt, piece: JsonObject): JsonObject {
  const standing = standings(prompt);
  const jobs = jobsOf(prompt, piece);
  const { workersLeft, toolsLeft, turnWorkers } = prompt.means;
  const todo = open(jobs, standing).slice(0, Math.min(workersLeft, toolsLeft, turnWorkers));
  if (!prompt.last && todo.length > 0) {
    return {
      decision: 'delegate',
      reasoning:
        jobs.length > 1
          ? `the columns are described by ${jobs.length} workers at the same time`
          : 'one worker is enough for this piece',
      delegations: todo.map((job) => {
        const { attempts = 0 } = standing.get(job.id) ?? {};
        const problem = problemOf(standing.get(job.id)) ?? 'it did not end';
        const again = attempts > 0 ? { again: { attempt: attempts + 1, problem } } : {};
        return envelopeOf(job, { part: undefined, ...again });
      }),
    };
  }
  return ending(prompt, jobs, standing);
}

/** The jobs of its workers: those that it delegated first, so that it divides the piece only once. */
function jobsOf(prompt: ManagerPrompt, piece: JsonObject): Job[] {
  const first = prompt.decisions.find(({ decision }) => decision === 'delegate');
  const { workersLeft, toolsLeft, turnWorkers } = prompt.means;
  const columns = Number(piece.columns);
  const begun = first && list(first.delegations).length;
  const parts = begun ?? Math.min(MOST_PARTS, workersLeft, toolsLeft, turnWorkers, columns || 1);
  if (piece.job === 'profile' && columns > 1 && parts > 1) return columnJobs(piece, parts);
  const instructions = prompt.task.split('\n').filter((line) => !parametersOf(line));
  return [
    {
      id: text(piece.job) || 'piece',
      about: 'The piece',
      text: instructions.join('\n'),
      parameters: piece,
      needs: [],
      writes: [],
    },
  ];
}

function ending(
  prompt: ManagerPrompt,
  jobs: readonly Job[],
  standing: ReadonlyMap<string, Standing>,
): JsonObject {
  const done = jobs.filter(({ id }) => standing.get(id)?.done);
  const missing = jobs.filter(({ id }) => !standing.get(id)?.done).map(({ id }) => id);
  if (done.length === 0) {
    const problems = jobs.flatMap(({ id }) => problemOf(standing.get(id)) ?? []);
    const reason = problems.join('; ').slice(0, 600) || 'nothing was computed';
    return { decision: 'fail', reason };
  }
  const outputs = done.flatMap(({ id }) => {
    const report = standing.get(id)?.report;
    return report ? [report.output] : [];
  });
  const only = jobs.length === 1 ? outputs[0] : undefined;
  return {
    decision: 'complete',
    reasoning: 'what the programs of the workers computed, nothing else',
    final_result: {
      ...(only ?? partsResult(jobs, outputs)),
      ...(missing.length > 0 && { not_done: missing }),
      files: [...prompt.shared],
    },
    confidence: missing.length > 0 ? 0.5 : 0.95,
  };
}

/** What several workers described together; the figures of each column are in its file. */
function partsResult(jobs: readonly Job[], outputs: readonly JsonObject[]): JsonObject {
  const figures = outputs.flatMap((output) => (isObject(output.figures) ? [output.figures] : []));
  const sum = (name: string): number =>
    figures.reduce((total, one) => total + Number(one[name] ?? 0), 0);
  const columns = sum('columns');
  return {
    summary: `${columns} columns are described in ${outputs.length} of ${jobs.length} parts.`,
    figures: {
      parts: outputs.length,
      columns,
      rows: figures[0]?.rows ?? null,
      readable_cells: sum('readable_cells'),
      missing_cells: sum('missing_cells'),
      unreadable_cells: sum('unreadable_cells'),
    },
  };
}
