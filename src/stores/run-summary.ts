import { pausedStatus } from '../events/approvals.ts';
import type { RunEvent } from '../events/event.ts';
import { mainModel } from '../events/plan.ts';
import type { RunStatus } from '../events/state.ts';

/** Characters of a task that lists keep; the whole task is in the log. */
const TASK_LENGTH = 500;

/** What an event changes in the summary of its run. */
export interface SummaryChange {
  status: RunStatus;
  reason?: string;
  /** When a fork began, in milliseconds since 1970; what it took over happened before. */
  forkedAt?: number;
  /** Only of `run.started`. */
  start?: { name: string; task: string; model: string; simulated: boolean; at: number };
}

/** What an event changes in the summary of its run, or undefined for most (decision 3). */
export function summaryChange(event: RunEvent): SummaryChange | undefined {
  switch (event.type) {
    case 'run.started': {
      const { plan, simulated } = event.data;
      const task = plan.task.slice(0, TASK_LENGTH).toWellFormed();
      const at = Date.parse(event.ts);
      const start = { name: plan.name, task, model: mainModel(plan), simulated, at };
      return { status: 'running', start };
    }
    case 'run.forked':
      return { status: 'running', forkedAt: Date.parse(event.ts) };
    case 'run.resumed':
      return { status: 'running' };
    case 'run.finished': {
      const { status, reason } = event.data;
      return reason === undefined ? { status } : { status, reason };
    }
    case 'run.stopped':
      return { status: 'cancelled', reason: event.data.reason };
    case 'run.paused':
      return { status: pausedStatus(event.data), reason: event.data.reason };
    default:
      return undefined;
  }
}
