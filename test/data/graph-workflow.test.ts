import { describe, expect, expectTypeOf, it } from 'vitest';
import { eventSchema } from '../../src/data/event-schema.ts';
import { AgentWorkflow, loadWorkflow, type RunResult, resumeRun } from '../../src/index.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { writeFiles } from '../files.ts';
import { askedBy, logOf, only, temporaryFolder } from '../make.ts';
import { agentFile, type GraphFiles, graphFiles } from './graph-make.ts';

const TWO: GraphFiles = {
  graph: '- { id: one, agent: one }\n- { id: two, agent: two, depends_on: [one] }',
};
const answer = (text: string) => ({ text, confidence: 0.9 });

function inFolder(files: GraphFiles = TWO) {
  const folder = temporaryFolder();
  const path = `${folder.path}/report`;
  writeFiles(path, graphFiles(files));
  const store = memoryStore({ folder: `${folder.path}/runs` });
  return { path, store, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

describe('a loaded workflow with a graph', () => {
  it('runs with a model, and its result has what each node brought', async () => {
    using place = inFolder();
    const workflow = await loadWorkflow(place.path);
    expect(workflow).toMatchObject({ name: 'report', engine: 'dag' });
    const model = scriptedModel(({ headers }) => answer(`from ${headers['x-awp-agent']}`));
    const result = await workflow.run({ model, store: place.store, task: 'Go', runId: 'r-test' });
    expect(result).toMatchObject({
      status: 'complete',
      result: { one: answer('from one'), two: answer('from two') },
      nodes: { one: { status: 'finished' }, two: { status: 'finished' } },
      metadata: { simulated: true },
    });
    expectTypeOf(result).toEqualTypeOf<RunResult>();
    const log = await logOf(place.store);
    for (const event of log) {
      expect(eventSchema.safeParse(event).error?.issues, event.type).toBeUndefined();
    }
    const [{ data } = { data: undefined }] = only(log, 'run.started');
    expect(data?.plan).toMatchObject({
      task: 'Go',
      engine: 'dag',
      brought: { workflow: place.path },
    });
  });

  it('takes functions in the place of agents, and what it is to do from its description', async () => {
    using place = inFolder();
    const workflow = await loadWorkflow(place.path);
    const tasks: string[] = [];
    const result = await workflow.run({
      store: place.store,
      inputs: { topic: 'cats' },
      steps: {
        one: ({ task, input }) => {
          tasks.push(task);
          return { heard: input.topic };
        },
        two: ({ input }) => JSON.stringify(input.one),
      },
    });
    expect(tasks).toEqual(['Write it.']);
    expect(result).toMatchObject({
      status: 'complete',
      result: { one: { heard: 'cats' }, two: { result: '{"heard":"cats"}' } },
    });
  });

  it('changes only the limits that are named', async () => {
    using place = inFolder();
    const workflow = await loadWorkflow(place.path);
    const steps = { one: () => ({}), two: () => ({}) };
    const result = await workflow.run({ store: place.store, steps, budget: { workers: 1 } });
    expect(result).toMatchObject({
      status: 'partial',
      reason: 'budget/workers',
      result: { one: {} },
    });
  });

  it.each([
    [
      'a tool that is not there, where it joins results',
      {
        graph:
          '- { id: one, agent: one, fan_out: { source: list }, fan_in: { strategy: custom, tool: no.such } }',
        agents: {},
      },
      {
        code: 'tool/missing',
        message: expect.stringMatching(
          /^workflow\.awp\.yaml:5:\d+: orchestration\.graph\[0\]\.fan_in\.tool: there is no tool no\.such$/,
        ),
        hint: expect.stringContaining('custom_tools'),
      },
    ],
    [
      'a value that is required',
      { graph: '- { id: one, agent: one }', state: 'required_fields: [topic, tone]' },
      {
        code: 'state/missing',
        message: expect.stringContaining('topic, tone'),
        hint: expect.stringContaining('-i topic=...'),
      },
    ],
  ])('tells how to come by %s', async (_, given, error) => {
    using folder = temporaryFolder();
    writeFiles(folder.path, graphFiles(given));
    const workflow = await loadWorkflow(folder.path);
    const store = memoryStore({ folder: folder.path });
    const steps = { one: () => ({}) };
    await expect(workflow.run({ store, steps })).rejects.toMatchObject(error);
  });

  it('can be started, watched and stopped', async () => {
    using place = inFolder();
    const workflow = await loadWorkflow(place.path);
    const stop = new AbortController();
    const handle = workflow.start({
      store: place.store,
      signal: stop.signal,
      steps: {
        one: ({ signal }) => {
          stop.abort();
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason)),
          );
        },
        two: () => ({}),
      },
    });
    const types: string[] = [];
    for await (const { type } of handle.events()) types.push(type);
    expect(types.at(-1)).toBe('run.stopped');
    expect(await handle.result).toMatchObject({ status: 'cancelled' });
  });

  it('goes on after a failure, and says which functions it needs for that', async () => {
    using place = inFolder();
    const workflow = await loadWorkflow(place.path);
    const { store } = place;
    const calls: string[] = [];
    const steps = {
      one: () => {
        calls.push('one');
        return { n: 1 };
      },
      two: () => {
        calls.push('two');
        if (calls.length < 3) throw new Error('not yet');
        return { n: 2 };
      },
    };
    const failed = await workflow.run({ store, steps, runId: 'r-again' });
    expect(failed).toMatchObject({
      status: 'failed',
      reason: 'step/failed',
      result: { one: { n: 1 } },
    });
    await expect(resumeRun('r-again', { store }).result).rejects.toMatchObject({
      code: 'usage/missing-option',
      message: expect.stringContaining('one, two'),
    });
    const result = await resumeRun('r-again', { store, steps }).result;
    expect(result).toMatchObject({ status: 'complete', result: { one: { n: 1 }, two: { n: 2 } } });
    expect(calls).toEqual(['one', 'two', 'two']);
  });

  it('is validated again as it is now', async () => {
    using place = inFolder();
    const workflow = await loadWorkflow(place.path);
    expect((await workflow.validate()).ok).toBe(true);
    writeFiles(place.path, { 'workflow.awp.yaml': 'awp: "1.0.0"\n' });
    expect((await workflow.validate()).ok).toBe(false);
  });

  it('says what its author should know in the log', async () => {
    using place = inFolder({
      ...TWO,
      agents: {
        one: 'capabilities: { sandbox: { timeout: 5 } }',
        two: 'capabilities: { sandbox: { timeout: 9 } }',
      },
    });
    const workflow = await loadWorkflow(place.path);
    const steps = { one: () => ({}), two: () => ({}) };
    await workflow.run({ store: place.store, steps, runId: 'r-test' });
    const notes = only(await logOf(place.store), 'input.resolved').map(({ data }) => data.note);
    expect(notes).toEqual([
      'all agents share one box, the strictest: two asks for another timeoutMs',
    ]);
  });

  it('gives each agent the skills of its own', async () => {
    const skill = (name: string) =>
      `---\nname: ${name}\ndescription: Knows ${name}.\n---\nHow to ${name}.`;
    using place = inFolder({
      ...TWO,
      files: {
        'skills/shared/SKILL.md': skill('shared'),
        'agents/one/workflow/skills/own/SKILL.md': skill('own'),
        'agents/two/workflow/skills/own/SKILL.md': skill('own').replace('How', 'Otherwise'),
      },
    });
    const workflow = await loadWorkflow(place.path);
    const model = scriptedModel(() => answer('x'));
    const result = await workflow.run({ model, store: place.store, runId: 'r-test' });
    expect(result.status).toBe('complete');
    const [started] = only(await logOf(place.store), 'run.started');
    const agents = Object.entries(started?.data.plan.agents ?? {});
    expect(agents.map(([key, { skills }]) => [key, skills.map(({ name }) => name)])).toEqual([
      ['one', ['own', 'shared']],
      ['two', ['own-2', 'shared']],
    ]);
    expect(started?.data.plan).not.toHaveProperty('skills');
  });

  it('refuses functions where there is no graph', async () => {
    using place = inFolder();
    const workflow = new AgentWorkflow({
      task: 'x',
      model: 'demo',
      store: place.store,
      steps: { a: () => ({}) },
    });
    await expect(workflow.run()).rejects.toMatchObject({ code: 'usage/bad-option' });
  });

  const add = (id: string) => ({ id, name: 'arithmetic.add', args: { a: 1, b: 2 } });
  const divide = { id: 'd', name: 'arithmetic.divide', args: { a: 1, b: 2 } };

  it.each([
    ['max_calls: 2', [add('1'), add('2'), divide], [200, 200, 429]],
    [
      'overrides: { arithmetic.add: { max_calls: 1 } }',
      [add('1'), add('2'), divide],
      [200, 429, 200],
    ],
    ['namespaces: [file]', [add('1')], [403]],
    ['denied: [arithmetic.divide]', [add('1'), divide], [200, 403]],
  ])('limits the calls of an agent by its own file: %s', async (limits, toolCalls, statuses) => {
    using place = inFolder({
      ...TWO,
      agents: {
        one: `capabilities: { tools: { enabled: true, allowed: ["arithmetic.*"], ${limits} } }`,
        two: 'capabilities: { tools: { enabled: true, allowed: ["arithmetic.*"] } }',
      },
    });
    const workflow = await loadWorkflow(place.path);
    const model = scriptedModel((request) => {
      const called = request.messages.some(({ role }) => role === 'tool');
      return called || askedBy(request) === 'two' ? answer('x') : { toolCalls };
    });
    const result = await workflow.run({ model, store: place.store, runId: 'r-test' });
    expect(result.status).toBe('complete');
    const returned = only(await logOf(place.store), 'tool.returned');
    const byCall = new Map(returned.map(({ data }) => [data.call.split('/').at(-1), data.status]));
    expect([...byCall.values()].sort()).toEqual([...statuses].sort());
  });

  it('asks a person for what a sub-workflow wants to have allowed', async () => {
    using place = inFolder({
      graph: '- { id: part, subworkflow: sub }',
      more: 'safety_envelope: { approvals: [tools] }\n',
      files: {
        'sub/workflow.awp.yaml':
          'awp: "1.0.0"\nworkflow: { name: sub, version: 1.0.0, description: Part }\norchestration: { graph: [{ id: one, agent: one }] }\nsafety_envelope: { approvals: [files, tools] }\n',
        'sub/agents/one/agent.awp.yaml': agentFile('one'),
      },
    });
    expect((await loadWorkflow(place.path)).options().approve).toEqual(['tools', 'files']);
  });
});
