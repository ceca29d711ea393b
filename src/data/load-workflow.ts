import type { Json } from '../base/json.ts';
import type { RunResult } from '../events/result.ts';
import type { Files } from '../ports/effects.ts';
import { AgentWorkflow } from './agent-workflow.ts';
import type { WorkflowOptions } from './options.ts';
import { validate } from './protocol.ts';
import type { RunHandle, StartOptions } from './run-handle.ts';
import type { ValidateOptions, ValidationReport } from './validate.ts';
import { openWorkflow, type WorkflowFolder } from './workflow-folder.ts';

/**
 * How a workflow is run: everything that `new AgentWorkflow` takes, the task being the workflow's
 * description when left out, and who answers, `signal` and `runId`.
 */
export type RunWorkflowOptions = Partial<WorkflowOptions> & StartOptions;

/** A workflow folder without errors, ready to run. */
export interface LoadedWorkflow extends WorkflowFolder {
  /** Holds the folder against the standard again, as it is now (`validate`). */
  validate(options?: ValidateOptions): Promise<ValidationReport>;
  /**
   * Runs it and resolves with the result; a run that fails is a result, too. What a node of a graph
   * brought is `result.result[id]`. Rejects with `usage/...`, `model/...`, `spec/...` when it cannot
   * start.
   */
  run(how?: RunWorkflowOptions): Promise<RunResult>;
  /** Starts it; the handle has its events, its result and `cancel()`. Throws `usage/...`. */
  start(how?: RunWorkflowOptions): RunHandle<Json>;
}

/**
 * Reads and validates a workflow folder, or its `workflow.awp.yaml`, with its sub-workflows
 * (surfaces 7). Throws `spec/no-workflow`, `spec/recursive-workflow`, and `spec/invalid` with the
 * diagnostics when there are errors.
 */
export async function loadWorkflow(path: string, files?: Files): Promise<LoadedWorkflow> {
  const folder = await openWorkflow(path, files);
  const start = (how: RunWorkflowOptions = {}): RunHandle<Json> => startWith(folder.options(), how);
  return {
    ...folder,
    validate: (options) => validate(path, { ...(files && { files }), ...options }),
    run: (how) => start(how).result,
    start,
  };
}

/** A budget that is given changes only the limits that it names. */
function startWith(own: Partial<WorkflowOptions>, how: RunWorkflowOptions): RunHandle<Json> {
  const { signal, runId, onApproval, ...options } = how;
  const budget = { ...own.budget, ...options.budget };
  const all = { task: '', ...own, ...options, budget };
  return new AgentWorkflow<Json>(all as WorkflowOptions<Json>).start({
    ...(signal && { signal }),
    ...(runId !== undefined && { runId }),
    ...(onApproval && { onApproval }),
  });
}
