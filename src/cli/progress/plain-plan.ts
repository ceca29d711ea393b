import type { RunEventType } from '../../events/event.ts';
import { called, short, type Writer } from './plain-words.ts';

/** Lines for how a manager goes about its task: its plan, its diagnoses, and other ways to go on. */
export const planWriters: { [T in RunEventType]?: Writer<T> } = {
  'plan.made': ({ data }, frame) => {
    const { subtasks, merged } = data;
    if (merged) return `${called(frame)} keeps to its plan: work on it has begun`;
    const names = subtasks.map(({ id }) => id).join(', ');
    return `${called(frame)} plans ${subtasks.length} parts: ${short(names)}`;
  },
  'plan.refused': ({ data }, frame) => `${called(frame)} plan not taken: ${short(data.reason)}`,
  'subtask.changed': ({ data }, frame) => {
    const { id, status, strategy, reason } = data;
    if (strategy !== undefined) return `${called(frame)}: part ${id}: ${short(reason)}`;
    if (status === 'failed') return `${called(frame)}: part ${id} failed: ${short(reason)}`;
    return status === 'completed' ? `${called(frame)}: part ${id} completed` : undefined;
  },
  'diagnosis.made': ({ data }, frame) => {
    const causes = data.hypotheses.map(({ cause }) => cause).join('; ');
    return `${called(frame)} wants to know why ${data.failedWorker} failed: ${short(causes)}`;
  },
  'diagnosis.refused': ({ data }, frame) =>
    `${called(frame)} diagnosis not taken: ${short(data.reason)}`,
  'hypothesis.resolved': ({ data }, frame) =>
    `${called(frame)} hypothesis ${data.id} ${data.status}: ${short(data.reason)}`,
  'strategy.switched': ({ data }, frame) =>
    `${called(frame)} goes another way (${data.strategy}): ${short(data.reason)}`,
  'stall.noticed': ({ data }, frame) => {
    const what = `stall: ${short(data.message)}`;
    return data.action === 'stop' ? `${what}; ${called(frame)} has one more turn to sum up` : what;
  },
};
