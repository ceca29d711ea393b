import { describe, expect, it } from 'vitest';
import { plainProgress } from '../../../src/cli/progress/plain.ts';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import type { EventData } from '../../../src/events/event.ts';
import { emptyState, fold } from '../../../src/events/reduce.ts';
import { fakeStream } from '../fake-shell.ts';
import { halfwayLog, START } from '../sample-run.ts';

/** The line for one more event of the manager, without its time; empty when there is none. */
function lineOf<T extends keyof EventData>(type: T, data: EventData[T]): string {
  const { run, events } = halfwayLog().add(type, data, { agent: '0' });
  const stream = fakeStream();
  const progress = plainProgress(stream, fixedClock(START));
  const state = emptyState(run);
  let before = '';
  for (const event of events) {
    before = stream.text();
    fold(state, event);
    progress.event(event, state);
  }
  progress.close();
  return stream.text().slice(before.length).replace(/^\S+ /, '').trimEnd();
}

const part = (id: string) => ({ id, description: 'd', dependencies: [] });
const guess = { id: 'h1', cause: 'a bad column', test: 't', likelihood: 0.5 };

describe('lines about how a manager goes about its task', () => {
  it('tell of its plan and how far it is', () => {
    const subtasks = [part('load'), part('plot')];
    expect(lineOf('plan.made', { call: '0/1', subtasks })).toBe(
      'manager plans 2 parts: load, plot',
    );
    expect(lineOf('plan.made', { call: '0/1', subtasks, merged: true })).toContain('keeps to');
    expect(lineOf('plan.refused', { call: '0/1', reason: 'too often' })).toBe(
      'manager plan not taken: too often',
    );
    const change = { id: 'load', reason: 'why' };
    expect(lineOf('subtask.changed', { ...change, status: 'in_progress' })).toBe('');
    expect(lineOf('subtask.changed', { ...change, status: 'completed' })).toBe(
      'manager: part load completed',
    );
    expect(lineOf('subtask.changed', { ...change, status: 'failed' })).toBe(
      'manager: part load failed: why',
    );
    expect(
      lineOf('subtask.changed', { ...change, status: 'pending', strategy: 'submanager' }),
    ).toBe('manager: part load: why');
  });

  it('tell of its diagnoses, and what came of them', () => {
    const made = { call: '0/1', failedWorker: 'a', hypotheses: [guess] };
    expect(lineOf('diagnosis.made', made)).toBe('manager wants to know why a failed: a bad column');
    expect(lineOf('diagnosis.refused', { call: '0/1', reason: 'enough' })).toBe(
      'manager diagnosis not taken: enough',
    );
    expect(
      lineOf('hypothesis.resolved', { id: 'h1', status: 'refuted', by: '2.1', reason: 'unsure' }),
    ).toBe('manager hypothesis h1 refuted: unsure');
  });

  it('tell of stalls, and what follows', () => {
    const stall = { turns: 3, message: 'nothing new' };
    expect(
      lineOf('strategy.switched', { turn: 3, strategy: 'reframe', reason: 'x\u001b' }),
    ).toMatch(/^manager goes another way \(reframe\): x/);
    expect(lineOf('stall.noticed', stall)).toBe('stall: nothing new');
    expect(lineOf('stall.noticed', { ...stall, action: 'warn' })).toBe('stall: nothing new');
    expect(lineOf('stall.noticed', { ...stall, action: 'stop', reason: 'stall' })).toBe(
      'stall: nothing new; manager has one more turn to sum up',
    );
  });
});
