import type { JsonObject } from '../../src/base/json.ts';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import type { EventData, RunEvent, RunEventType } from '../../src/events/event.ts';
import type { GraphEventData, NodeRun } from '../../src/events/graph-events.ts';
import type { Plan } from '../../src/events/plan.ts';
import type { PlanGraph } from '../../src/events/plan-graph.ts';
import { foldAll } from '../../src/events/reduce.ts';
import type { RunState } from '../../src/events/state.ts';
import { graphPlan, planGraph } from '../runtime/graphs.ts';

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

/** A plan of a graph whose agents ask the sample's model. */
export function sampleGraphPlan(graph: PlanGraph, more: Partial<Plan> = {}): Plan {
  const { manager: _, worker: __, stall: ___, ...plan } = samplePlan();
  const model = 'openrouter/some/model';
  const { agents = {} } = graphPlan(graph);
  return {
    ...plan,
    ...{ engine: 'dag', name: graph.name, graph },
    agents: Object.fromEntries(
      Object.entries(agents).map(([key, agent]) => [key, { ...agent, model }]),
    ),
    ...more,
  };
}

/** A log of a graph, written event by event. */
export class SampleGraphLog extends SampleLog {
  begin(graph: PlanGraph, more: Partial<Plan> = {}): this {
    const plan = sampleGraphPlan(graph, more);
    this.add('run.started', { plan, simulated: plan.simulated, version: '1.2.3' });
    return this.agent('0', { role: 'graph', name: graph.name, model: '', tools: [], index: 0 });
  }

  /** An agent of a node starts, below the outermost graph unless `parent` is another one. */
  node(
    frame: string,
    run: Partial<NodeRun> & Pick<NodeRun, 'id'>,
    { parent = '0', ...more }: Partial<EventData['agent.started']> & { parent?: string } = {},
  ): this {
    return this.add(
      'agent.started',
      {
        ...{ role: 'node', name: run.id, agentKey: run.id, node: { attempt: 1, ...run } },
        ...{ model: 'openrouter/some/model', temperature: 0.3, tools: [], instructions: '' },
        index: 1,
        ...more,
      },
      { agent: frame, parent, depth: parent.split('-').length },
    );
  }

  failed(frame: string, code: string, message: string): this {
    return this.add('agent.failed', { code, message }, { agent: frame });
  }

  /** A fact of a graph, the outermost one unless another is named. */
  of<T extends keyof GraphEventData>(type: T, data: EventData[T], graph = '0'): this {
    return this.add(type, data, { agent: graph });
  }
}

/** A graph with everything in it, in the middle: each node stands elsewhere. */
export function busyGraphLog(): SampleGraphLog {
  const weather = planGraph(
    { look: { agent: 'look' }, author: { agent: 'author', after: ['look'] } },
    { name: 'weather' },
  );
  const graph = planGraph(
    {
      planner: { agent: 'planner' },
      research: { agent: 'research', after: ['planner'] },
      readers: {
        agent: 'readers',
        after: ['planner'],
        fanOut: { source: 'planner.topics', variable: 'topic', maxParallel: 3 },
      },
      editor: { agent: 'editor', after: ['planner'], repeat: { interactive: false, max: 4 } },
      weather: { kind: 'subworkflow', graph: weather, after: ['planner'] },
      crew: { kind: 'delegation_loop', loop: 'crew', after: ['planner'] },
      checks: { agent: 'checks', onFailure: 'continue' },
      alarm: { agent: 'alarm', after: ['checks'] },
      extra: { agent: 'extra', when: 'state.planner.deep' },
      writer: { agent: 'writer', after: ['research', 'readers', 'editor', 'weather', 'crew'] },
    },
    { name: 'newsletter' },
  );
  const log = new SampleGraphLog()
    .begin(graph)
    .node('1', { id: 'planner' })
    .node('7', { id: 'checks' })
    .of('node.skipped', {
      ...{ node: 'extra', reason: 'condition' },
      message: 'its condition is not met: state.planner.deep',
    })
    .asked('1', '1/1')
    .wait(2100)
    .answered('1', '1/1')
    .wrote('1', 'plan.md')
    .finished('1')
    .failed('7', 'step/failed', 'no table\x1b[2J')
    .of('node.failed', {
      ...{ node: 'checks', code: 'step/failed', message: 'no table\x1b[2J', action: 'continue' },
    })
    .of('node.skipped', { node: 'alarm', reason: 'upstream_failed', message: 'checks failed' })
    .node('2', { id: 'research' })
    .of('fanout.started', { node: 'readers', count: 40 })
    .of('loop.started', { node: 'editor', max: 4 })
    .node('4', { id: 'editor', round: 1 })
    .node('5', { id: 'weather' }, { role: 'graph', model: '' })
    .node('5-1', { id: 'look' }, { parent: '5' })
    .node('6', { id: 'crew' }, { role: 'manager', agentKey: 'crew' });
  for (let item = 0; item < 15; item++) {
    const frame = item === 0 ? '3' : `3.${item + 1}`;
    log.node(frame, { id: 'readers', instance: item }, { name: `readers-${item + 1}` });
  }
  log.wait(4000).failed('3.12', 'model/refused', 'no');
  log.of('node.failed', {
    ...{ node: 'readers', instance: 11, code: 'model/refused', message: 'no', action: 'stop' },
  });
  for (let item = 0; item < 11; item++) log.finished(item === 0 ? '3' : `3.${item + 1}`);
  return log
    .finished('4')
    .of('loop.repeated', { node: 'editor', round: 1, from: '4', goesOn: true })
    .node('4.2', { id: 'editor', round: 2 }, { name: 'editor-2' })
    .asked('4.2', '4.2/1')
    .finished('5-1')
    .node('5-2', { id: 'author' }, { parent: '5' })
    .failed('2', 'model/timeout', 'it took too long')
    .of('node.retried', {
      ...{ node: 'research', attempt: 2, inMs: 8000, code: 'model/timeout' },
      message: 'it took too long',
    });
}
