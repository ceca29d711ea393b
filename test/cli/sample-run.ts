import type { JsonObject } from '../../src/base/json.ts';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import type { EventData, RunEvent, RunEventType } from '../../src/events/event.ts';
import type { Plan } from '../../src/events/plan.ts';
import { foldAll } from '../../src/events/reduce.ts';
import type { RunState } from '../../src/events/state.ts';

/** When the sample runs begin. */
export const START = Date.UTC(2026, 10, 22, 8);

/** A call that a person must allow. */
export type AskedCall = readonly [id: string, tool: string, args?: JsonObject];

export function samplePlan(more: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    engine: 'delegation_loop',
    name: 'task',
    task: 'Revenue trend and peak month',
    limits: {
      loops: 15,
      workers: 20,
      tokens: 500_000,
      time: 300_000,
      tools: 100,
      depth: 3,
      calls: null,
      cost: null,
      parallel: 8,
    },
    durability: 'full',
    inputs: [],
    manager: {
      model: 'openrouter/some/model',
      temperature: 0.3,
      maxOutputTokens: 4096,
      fullTurns: 3,
      corrections: 2,
    },
    worker: {
      model: 'openrouter/some/model',
      temperature: 0.3,
      maxOutputTokens: 4096,
      tools: ['code.execute'],
      denied: [],
      managerControls: [],
      toolRounds: 15,
      repairs: 1,
      attempts: 4,
    },
    sandbox: sandboxPolicy(),
    stall: { enabled: true, window: 4 },
    simulated: false,
    ...more,
  };
}

/** A log that is written event by event, with times and places filled in. */
export class SampleLog {
  readonly events: RunEvent[] = [];
  readonly run: string;
  #ms = 0;

  constructor(run = 'r-7f3a000000') {
    this.run = run;
  }

  /** Lets time pass. */
  wait(ms: number): this {
    this.#ms += ms;
    return this;
  }

  add<T extends RunEventType>(type: T, data: EventData[T], place: Partial<RunEvent> = {}): this {
    this.events.push({
      v: 1,
      run: this.run,
      seq: this.events.length + 1,
      ts: new Date(START + this.#ms).toISOString(),
      type,
      depth: 0,
      ...place,
      data,
    } as RunEvent);
    return this;
  }

  start(plan: Partial<Plan> = {}): this {
    const whole = samplePlan(plan);
    this.add('run.started', { plan: whole, simulated: whole.simulated, version: '1.2.3' });
    return this.agent('0', { role: 'manager', name: 'manager', index: 0 });
  }

  agent(id: string, more: Partial<EventData['agent.started']>): this {
    const data = {
      role: 'worker',
      name: 'profile',
      model: 'openrouter/some/model',
      temperature: 0.3,
      tools: ['code.execute'],
      instructions: 'do it',
      index: 1,
      ...more,
    } as const;
    const place = id === '0' ? { agent: id } : { agent: id, parent: '0', depth: 1, loop: 1 };
    return this.add('agent.started', data, place);
  }

  asked(agent: string, call: string, purpose: EventData['model.asked']['purpose'] = 'work'): this {
    return this.add(
      'model.asked',
      {
        call,
        attempt: 1,
        model: 'openrouter/some/model',
        keep: this.state().frames.get(agent)?.transcript.length ?? 0,
        messages: [],
        tools: [],
        temperature: 0.3,
        maxOutputTokens: 4096,
        inputHash: '',
        reserved: { tokens: 5000, cost: null },
        purpose,
      },
      { agent },
    );
  }

  answered(agent: string, call: string, more: Partial<EventData['model.responded']> = {}): this {
    const usage = { input: 5000, output: 1200 };
    return this.add(
      'model.responded',
      { call, attempt: 1, text: '', toolCalls: [], usage, cost: 0.02, ms: 900, ...more },
      { agent },
    );
  }

  delegated(names: readonly string[]): this {
    const delegations = names.map((workerId) => ({ workerId, instructions: 'do it' }));
    return this.add(
      'manager.decided',
      { decision: 'delegate', call: '0/1', delegations },
      { agent: '0' },
    );
  }

  finished(agent: string): this {
    return this.add(
      'agent.finished',
      { output: {}, text: 'done', confidence: 0.9, problems: [] },
      { agent },
    );
  }

  /** A worker wants to make calls that a person must allow: ids, tools and arguments. */
  asks(agent: string, ...requests: readonly AskedCall[]): this {
    const calls = requests.map(([id, name, args = {}]) => ({ id, name, args }));
    this.answered(agent, `${agent}/1`, { toolCalls: calls });
    for (const [index, [id, tool, args = {}]] of requests.entries()) {
      const call = `${agent}/1.t${index + 1}`;
      const reason = `${tool} changes something`;
      const data = { id, call, tool, args, argsHash: `hash of ${id}`, reason };
      this.add('approval.requested', data, { agent });
    }
    return this;
  }

  wrote(agent: string, path: string): this {
    return this.add(
      'artifact.written',
      { path, name: path, type: 'text/plain', bytes: 10, sha256: 'a' },
      { agent },
    );
  }

  state(): RunState {
    return foldAll(this.run, this.events);
  }
}

/** A run whose only worker waits for a person. */
export function askingLog(...requests: readonly AskedCall[]): SampleLog {
  return new SampleLog()
    .start()
    .asked('0', '0/1', 'turn')
    .answered('0', '0/1')
    .delegated(['writer'])
    .agent('1.1', { name: 'writer' })
    .asked('1.1', '1.1/1')
    .wait(1000)
    .asks('1.1', ...requests);
}

/** A run in the middle: one worker done, one at work after a failed program, one waiting. */
export function halfwayLog(plan: Partial<Plan> = {}): SampleLog {
  const code = { id: 'c1', name: 'code.execute', args: {} };
  return new SampleLog()
    .start(plan)
    .asked('0', '0/1', 'turn')
    .wait(4100)
    .answered('0', '0/1')
    .delegated(['profile', 'trend-chart', 'report'])
    .agent('1.1', { name: 'profile' })
    .agent('1.2', { name: 'trend-chart', index: 2 })
    .asked('1.1', '1.1/1')
    .asked('1.2', '1.2/1')
    .wait(8000)
    .answered('1.1', '1.1/1', { usage: { input: 4000, output: 1100 } })
    .wrote('1.1', 'profile.json')
    .finished('1.1')
    .answered('1.2', '1.2/1', { toolCalls: [code], cost: null })
    .add(
      'tool.called',
      { call: '1.2/1.t1', tool: 'code.execute', args: {}, idempotent: true },
      { agent: '1.2' },
    )
    .wait(1200)
    .add(
      'tool.returned',
      {
        call: '1.2/1.t1',
        tool: 'code.execute',
        ok: false,
        status: 500,
        data: {},
        error: "Traceback\n  line 3\nValueError: could not convert string to float: 'n/a'",
        ms: 1200,
      },
      { agent: '1.2' },
    )
    .asked('1.2', '1.2/2');
}
