import { AwpError } from '../base/errors.ts';
import type { Frame, RunState } from '../events/state.ts';
import type { Files } from '../ports/effects.ts';
import { toAscii } from '../visualizer/ascii.ts';
import { toMermaid } from '../visualizer/mermaid.ts';
import type { BoxStatus, Overlay } from '../visualizer/overlay.ts';
import { readWorkflow } from './read-workflow.ts';
import { reportOn } from './validate.ts';

/** How a workflow is drawn. */
export interface DrawOptions {
  format: 'ascii' | 'mermaid';
  direction: 'TD' | 'LR';
  /** Columns of an ASCII drawing. */
  width: number;
  ascii: boolean;
  /** A run whose status and durations are drawn in, as it stands at `now`. */
  state?: RunState;
  now?: number;
  files?: Files;
}

/**
 * A workflow on disk as Mermaid or as a drawing for terminals, also with errors in it. Throws
 * `spec/no-workflow`, and `spec/invalid` when there is nothing to draw.
 */
export async function draw(path: string, options: DrawOptions): Promise<string> {
  const read = await readWorkflow(path, options.files);
  const { state, now = 0, format } = options;
  const overlay = state && overlayOf(state, now);
  const drawing = { ...options, ...(overlay && { overlay }) };
  const text = (format === 'mermaid' ? toMermaid : toAscii)(read.workflow, drawing);
  if (text !== undefined) return text;
  const { diagnostics, sources, folder } = reportOn(read);
  throw new AwpError('spec/invalid', 'there is nothing to draw: no orchestration with a node', {
    hint: 'add a node to orchestration.graph, or engine: delegation_loop',
    findings: { diagnostics, sources, folder },
  });
}

/** Agents by their names, and the boxes of a delegation loop by their roles. */
function overlayOf(state: RunState, now: number): Overlay {
  const overlay = new Map<string, BoxStatus>();
  const workers: BoxStatus[] = [];
  const running = state.status === 'running';
  for (const frame of state.frames.values()) {
    const status = running ? statusOf(frame, now) : ended(statusOf(frame, state.lastAt));
    overlay.set(frame.name, status);
    if (frame.role === 'manager' && frame.parent === undefined) {
      for (const box of ['manager', 'result']) overlay.set(box, status);
    } else workers.push(status);
  }
  if (workers.length > 0) {
    const ms = workers.reduce((sum, worker) => sum + (worker.ms ?? 0), 0);
    const statuses = new Set(workers.map(({ status }) => status));
    const worst = (['running', 'stopped', 'failed'] as const).find((one) => statuses.has(one));
    overlay.set('workers', { status: worst ?? 'complete', ms });
  }
  return overlay;
}

/** What is still open when nobody works on the run any more. */
function ended(box: BoxStatus): BoxStatus {
  return box.status === 'running' ? { ...box, status: 'stopped' } : box;
}

function statusOf({ outcome, startedAt, endedAt }: Frame, now: number): BoxStatus {
  const ms = Math.max(0, (endedAt ?? now) - startedAt);
  if (endedAt === undefined) return { status: 'running', ms };
  return { status: outcome?.ok === false ? 'failed' : 'complete', ms };
}
