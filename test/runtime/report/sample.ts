import type { JsonObject } from '../../../src/base/json.ts';
import type { Decision } from '../../../src/events/decision.ts';
import type { EventData, RunEvent } from '../../../src/events/event.ts';
import type { LoopEventData } from '../../../src/events/loop-events.ts';
import { writeReport } from '../../../src/runtime/report/write-report.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { SampleLog } from '../../cli/sample-run.ts';

/** A log of a delegation loop, written event by event. */
export class LoopLog extends SampleLog {
  /** A fact of a loop, that of the outermost manager unless another one is named. */
  of<T extends keyof LoopEventData | 'stall.noticed'>(
    type: T,
    data: EventData[T],
    agent = '0',
  ): this {
    return this.add(type, data, { agent });
  }

  /** A manager is asked and decides. */
  decided(decision: Decision, agent = '0'): this {
    const call = `${agent}/${this.events.length}`;
    this.asked(agent, call, 'turn').wait(900).answered(agent, call);
    return this.add('manager.decided', { ...decision, call } as EventData['manager.decided'], {
      agent,
    });
  }

  /** A worker, or a manager below one, starts in a turn. */
  starts(id: string, parent: string, more: Partial<EventData['agent.started']>): this {
    const loop = this.state().frames.get(parent)?.turns.length ?? 1;
    const data: EventData['agent.started'] = {
      ...{ role: 'worker', name: id, model: 'openrouter/some/model', temperature: 0.3 },
      ...{ tools: ['code.execute'], instructions: `do ${id}`, index: 1 },
      ...more,
    };
    const depth = parent.split('-').length;
    return this.add('agent.started', data, { agent: id, parent, depth, loop });
  }

  /** A worker asks its model, calls a tool, and reports. */
  works(
    id: string,
    output: JsonObject,
    { confidence = 0.9, toolError = '', untrusted = false } = {},
  ): this {
    const call = `${id}/1`;
    const tool = { id: 'c1', name: 'code.execute', args: {} };
    this.asked(id, call)
      .wait(1500)
      .answered(id, call, { toolCalls: [tool] });
    const made = { call: `${call}.t1`, tool: 'code.execute' };
    this.add('tool.called', { ...made, args: {}, idempotent: true }, { agent: id }).wait(400);
    const failed = { ok: false, status: 500, data: {}, error: toolError, ms: 400 };
    const came = toolError === '' ? { ok: true, status: 200, data: {}, ms: 400 } : failed;
    const taint = untrusted ? { taint: ['untrusted' as const] } : {};
    this.add('tool.returned', { ...made, ...came, ...taint }, { agent: id });
    const text = JSON.stringify(output);
    return this.add('agent.finished', { output, text, confidence, problems: [] }, { agent: id });
  }

  /** The report of it, as the log stands. */
  async report(alive = false): Promise<string> {
    return reportOf(this.run, this.events, alive);
  }
}

/** The report of a log. */
export async function reportOf(
  run: string,
  events: readonly RunEvent[],
  alive = false,
): Promise<string> {
  const store = memoryStore({ folder: '/store' });
  const lease = await store.create(run, 'test');
  await store.append(lease, events, 'full');
  await store.release(lease);
  return writeReport(store, run, { alive });
}

/** A run in which nearly everything happens that a loop can do. */
export function richLog(): LoopLog {
  const log = new LoopLog()
    .start({
      task: 'Find the revenue trend\nand the peak month.',
      inputs: [
        {
          name: 'sales',
          kind: 'table',
          path: 'sales.csv',
          bytes: 61_234,
          sha256: 'ab12',
          description: '',
        },
      ],
    })
    .decided({
      decision: 'plan',
      reasoning: 'Two steps.',
      subtasks: [
        { id: 'profile', description: 'Profile the table', dependencies: [] },
        { id: 'trend', description: 'Work out the trend', dependencies: ['profile'] },
      ],
    })
    .of('plan.made', {
      call: '0/3',
      subtasks: [
        { id: 'profile', description: 'Profile the table', dependencies: [] },
        { id: 'trend', description: 'Work out the trend', dependencies: ['profile'] },
      ],
    })
    .decided({
      decision: 'delegate',
      reasoning: 'First the *profile*.',
      delegations: [
        { workerId: 'profile', instructions: 'Profile sales.csv', subtaskId: 'profile' },
        { workerId: 'chart', instructions: 'Draw a chart' },
        { workerId: 'again', instructions: 'Profile sales.csv' },
      ],
    })
    .add(
      'agent.skipped',
      { worker: 'again', index: 3, reason: 'the same work is done already', guard: 'redundant' },
      { agent: '0' },
    )
    .starts('1.1', '0', { name: 'profile', instructions: 'Profile sales.csv' })
    .starts('1.2', '0', { name: 'chart', index: 2, notes: ['there is no tool chart.draw'] })
    .add(
      'model.failed',
      {
        ...{ call: '1.2/0', attempt: 1, code: 'model/overloaded', message: 'too many requests' },
        ...{ usage: { input: 0, output: 0 }, cost: 0, retryInMs: 2000 },
      },
      { agent: '1.2' },
    )
    .works('1.1', { summary: '12 months, two gaps', rows: 1200 })
    .wrote('1.1', 'profile.json')
    .of(
      'board.posted',
      {
        ...{ id: 'b1', board: '0', topic: 'quality', call: '1.1/1.t1' },
        payload: { gaps: 2 },
      },
      '1.1',
    )
    .of('subtask.changed', { id: 'profile', status: 'completed', by: '1.1', reason: 'done' })
    .of('result.validated', {
      ...{ of: '1.1', by: '1.1-v1', valid: true, adjusted: 0.8 },
      feedback: 'the rows were counted',
    })
    .add(
      'output.checked',
      {
        ...{ ok: false, problems: ['picture is missing'], output: {}, text: '{}', confidence: 0.4 },
        ...{ said: 0.9, reasons: ['a required field is missing'] },
      },
      { agent: '1.2' },
    )
    .works('1.2', { summary: 'no chart' }, { confidence: 0.4, toolError: 'ValueError: n/a' })
    .of('digest.made', { sha256: 'd1', turn: 1, digest: { goal: 'x', key_facts: ['profile: y'] } })
    .of('stall.noticed', { turns: 1, message: 'confidence stays at 0.4' })
    .of('strategy.switched', { turn: 1, strategy: 'decompose_finer', reason: 'nothing moved' });
  return finishedRichly(log);
}

function finishedRichly(log: LoopLog): LoopLog {
  return log
    .decided({
      decision: 'delegate',
      reasoning: 'The trend needs a team.',
      delegations: [{ workerId: 'team', instructions: 'Work out the trend', asSubmanager: true }],
    })
    .of('submanager.promoted', { worker: 'team', index: 1, score: 0.7, reasons: ['3 parts'] })
    .add(
      'budget.reserved',
      {
        scope: '2.1',
        limits: {
          ...{ loops: 4, workers: 6, tokens: 140_000, time: 90_000, tools: 30, depth: 3 },
          ...{ calls: null, cost: null, parallel: 8 },
        },
      },
      { agent: '0' },
    )
    .starts('2.1', '0', { role: 'manager', name: 'team', instructions: 'Work out the trend' })
    .decided(
      {
        decision: 'delegate',
        reasoning: 'One worker will do.',
        delegations: [{ workerId: 'slope', instructions: 'Fit a line' }],
      },
      '2.1',
    )
    .starts('2.1-1.1', '2.1', { name: 'slope', instructions: 'Fit a line' })
    .works('2.1-1.1', { summary: 'up by 3 % a month' }, { untrusted: true })
    .decided({ decision: 'complete', result: { summary: 'up' }, confidence: 0.9 }, '2.1')
    .of('gates.passed', { call: '2.1/9', gates: ['contract'] }, '2.1')
    .add(
      'agent.finished',
      { output: { summary: 'up by 3 % a month' }, text: 'up', confidence: 0.9, problems: [] },
      { agent: '2.1' },
    )
    .add('budget.settled', { scope: '2.1', used: log.state().ledger.used }, { agent: '2.1' })
    .decided({ decision: 'complete', result: { summary: 'TODO' }, confidence: 0.9 })
    .of('gate.rejected', {
      ...{ call: '0/40', gate: 'placeholder', reason: 'the result has a placeholder' },
      defects: ['summary: TODO'],
    })
    .add(
      'approval.requested',
      {
        ...{ id: 'a1', call: '0/41', tool: 'loop', args: { turn: 3 }, argsHash: 'h' },
        reason: 'every turn is asked for',
      },
      { agent: '0' },
    )
    .add('approval.resolved', { id: 'a1', call: '0/41', decision: 'approved', by: 'terminal' })
    .decided({
      decision: 'complete',
      reasoning: 'All parts are done.',
      result: { summary: 'Up by 3 % a month, with the peak in March.', months: 12 },
      confidence: 0.9,
    })
    .of('gates.passed', { call: '0/44', gates: ['contract', 'placeholder'] })
    .add(
      'agent.finished',
      {
        output: { summary: 'Up by 3 % a month, with the peak in March.', months: 12 },
        ...{ text: '', confidence: 0.9, problems: [] },
      },
      { agent: '0' },
    )
    .add('run.finished', {
      status: 'complete',
      text: 'Up by 3 % a month, with the peak in March.',
      result: { summary: 'Up by 3 % a month, with the peak in March.', months: 12 },
    });
}
