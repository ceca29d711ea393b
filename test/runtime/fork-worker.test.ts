import { describe, expect, it } from 'vitest';
import type { EventData, RunEvent, RunEventType } from '../../src/events/event.ts';
import { withoutWorker } from '../../src/runtime/fork-worker.ts';

/** A log of which only what a fork looks at is there. */
class Log {
  readonly events: RunEvent[] = [];

  add<T extends RunEventType>(type: T, agent: string, data: Partial<EventData[T]>): this {
    return this.#push({ type, agent, data });
  }

  start(agent: string, parent: string, data: Partial<EventData['agent.started']> = {}): this {
    const place = { role: 'worker', name: `n${agent}`, index: Number(agent.at(-1)) };
    return this.#push({ type: 'agent.started', agent, parent, data: { ...place, ...data } });
  }

  end(agent: string): this {
    return this.add('agent.finished', agent, { text: agent });
  }

  #push(event: object): this {
    const seq = this.events.length + 1;
    this.events.push({ v: 1, run: 'r', ts: '', depth: 0, seq, ...event } as unknown as RunEvent);
    return this;
  }
}

/** What is there of a log: `type agent`, where it matters with more. */
function shown(events: readonly RunEvent[]): string[] {
  return events.map((event) => {
    const { type, agent, data } = event as RunEvent & { data: Record<string, unknown> };
    const more = data.id ?? data.scope ?? data.approval ?? data.of;
    return more === undefined ? `${type} ${agent}` : `${type} ${agent} ${more}`;
  });
}

const begun = (): Log =>
  new Log()
    .start('0', '', { role: 'manager' })
    .add('model.asked', '0', { purpose: 'turn' })
    .add('manager.decided', '0', { decision: 'delegate' });
const kept = ['agent.started 0', 'model.asked 0', 'manager.decided 0'];

describe('a log without one of its workers', () => {
  it('keeps what others of the turn brought, and ends before the next question', () => {
    const log = begun().start('1.1', '0').start('1.2', '0').end('1.1').end('1.2');
    log.add('stall.noticed', '0', {}).add('model.asked', '0', { purpose: 'turn' }).end('0');
    const { events, seq, order } = withoutWorker(log.events, '1.1');
    expect(shown(events)).toEqual([...kept, 'agent.started 1.2', 'agent.finished 1.2']);
    expect([seq, order]).toEqual([8, { agent: '0', index: 1 }]);
  });

  it('lacks all that stands below it, who looked at its result, and who repaired that', () => {
    const log = begun()
      .add('budget.reserved', '0', { scope: '1.1' })
      .start('1.1', '0', { role: 'manager' })
      .start('1.2', '0')
      .start('1.1-1.1', '1.1')
      .end('1.1-1.1')
      .end('1.1')
      .add('budget.settled', '1.1', { scope: '1.1' })
      .start('v1', '0', { role: 'reviewer', review: { of: '1.1', kind: 'validation' } })
      .end('v1')
      .add('result.validated', '0', { of: '1.1' })
      .start('1.1r', '0', { order: { repairOf: '1.1' } })
      .end('1.1r')
      .start('v2', '0', { role: 'reviewer', review: { of: '1.2', kind: 'validation' } })
      .end('v2')
      .add('result.validated', '0', { of: '1.2' });
    expect(shown(withoutWorker(log.events, '1.1').events)).toEqual([
      ...kept,
      ...['agent.started 1.2', 'agent.started v2', 'agent.finished v2'],
      'result.validated 0 1.2',
    ]);
  });

  it('lacks workers whose part of the plan builds on its part, also by way of others', () => {
    const part = (id: string, ...dependencies: string[]) => ({ id, description: id, dependencies });
    const log = begun()
      .add('plan.made', '0', { subtasks: [part('x'), part('y', 'x'), part('z', 'y'), part('o')] })
      .start('1.1', '0', { order: { subtaskId: 'x' } })
      .start('1.2', '0', { order: { subtaskId: 'o' } })
      .end('1.1')
      .start('1.3', '0', { order: { subtaskId: 'y' } })
      .end('1.3')
      .start('1.4', '0', { order: { subtaskId: 'z' } })
      .end('1.2');
    expect(shown(withoutWorker(log.events, 'n1.1').events)).toEqual([
      ...[...kept, 'plan.made 0'],
      ...['agent.started 1.2', 'agent.finished 1.2'],
    ]);
  });

  it('counts requests and entries of boards anew', () => {
    const ask = (agent: string, id: string) => ['approval.requested', agent, { id }] as const;
    const say = (agent: string, id: string) => ['approval.resolved', agent, { id }] as const;
    const log = begun()
      .start('1.1', '0')
      .start('1.2', '0')
      .add(...ask('1.1', 'a1'))
      .add(...ask('1.2', 'a2'))
      .add(...say('1.1', 'a1'))
      .add(...say('1.2', 'a2'))
      .add('tool.called', '1.2', { approval: 'a2' })
      .add('board.posted', '1.1', { id: 'b1' })
      .add('board.posted', '1.2', { id: 'b2' });
    expect(shown(withoutWorker(log.events, '1.1').events)).toEqual([
      ...[...kept, 'agent.started 1.2', 'approval.requested 1.2 a1', 'approval.resolved 1.2 a1'],
      ...['tool.called 1.2 a1', 'board.posted 1.2 b1'],
    ]);
  });

  it.each(['0', '9.9', 'v1', '1.1r'])('is none for %s, which no manager asked for', (named) => {
    const log = begun()
      .start('1.1', '0')
      .start('v1', '0', { role: 'reviewer', review: { of: '1.1', kind: 'critique' } })
      .start('1.1r', '0', { order: { repairOf: '1.1' } });
    expect(() => withoutWorker(log.events, named)).toThrow(
      expect.objectContaining({ code: 'usage/bad-fork' }),
    );
  });
});
