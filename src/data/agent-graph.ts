import type { Json } from '../base/json.ts';
import type { RunResult } from '../events/result.ts';
import type { StepFunction } from '../ports/step.ts';
import type { AgentGraphOptions, InnerGraph, StartGraphOptions } from './agent-graph-options.ts';
import { askWith } from './approvals.ts';
import { begin } from './begin-run.ts';
import { freshRunId } from './fresh-run-id.ts';
import type { GraphProblem } from './graph-check.ts';
import { effectsWith } from './node-host.ts';
import { RunHandle } from './run-handle.ts';
import { MAX_DEPTH } from './subworkflow-limits.ts';

/** A graph of functions and agents, written in a program: the same engine as for workflow folders. */
export class AgentGraph implements InnerGraph {
  readonly #options: AgentGraphOptions;

  /** Nothing is checked yet: `validate` tells what is wrong, and `start` throws it. */
  constructor(options: AgentGraphOptions) {
    this.#options = options;
  }

  /** What is wrong with it, each with its place; empty when it can run. */
  async validate(): Promise<readonly GraphProblem[]> {
    const { graphProblems } = await import('./graph-check.ts');
    return graphProblems(this.#options);
  }

  /** Runs it and resolves with its result; what a node brought is `result.result[id]`. */
  async run(how: StartGraphOptions = {}): Promise<RunResult> {
    return this.start(how).result;
  }

  /**
   * Starts a run; the handle has its events, its result and `cancel()`. What is wrong with the graph
   * rejects `ready` and `result` with `usage/bad-option`, `usage/unknown-option`, `model/none`.
   */
  start({ signal, runId: wanted, onApproval, ...how }: StartGraphOptions = {}): RunHandle<Json> {
    const effects = effectsWith({ ...this.#options, ...how });
    const id = wanted ?? freshRunId(effects);
    const ask = onApproval && askWith(onApproval, 'api');
    const opened = async (stop: AbortSignal) => {
      const { optionsOfGraph } = await import('./graph-options.ts');
      const options = await optionsOfGraph(this, how);
      return begin(options, { effects, id, stop, ...(ask && { ask }) });
    };
    return new RunHandle(id, opened, signal);
  }

  /** Its functions by their paths: `resumeRun(id, { steps: graph.steps })` goes on with a run. */
  get steps(): Readonly<Record<string, StepFunction>> {
    return Object.fromEntries(stepsIn(this.#options, '', []));
  }

  /** What it was made with. */
  get options(): AgentGraphOptions {
    return this.#options;
  }
}

/** Functions by their paths. A graph inside of itself has them once: it cannot run. */
function stepsIn(
  options: AgentGraphOptions,
  prefix: string,
  around: readonly AgentGraphOptions[],
): (readonly [string, StepFunction])[] {
  if (around.includes(options) || around.length > MAX_DEPTH) return [];
  return options.nodes.flatMap(({ id, run, graph }) => [
    ...(run ? [[`${prefix}${id}`, run] as const] : []),
    ...(graph ? stepsIn(graph.options, `${prefix}${id}/`, [...around, options]) : []),
  ]);
}
