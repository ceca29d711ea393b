import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../src/events/event.ts';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import { GraphBench as Bench, type GraphBench, graphPlan, planGraph } from './graph-bench.ts';

const agent = (output: Partial<PlanAgent['output']>): PlanAgent => ({
  ...{ id: 'writer', role: 'writer', description: '', model: 'm', temperature: 0 },
  maxOutputTokens: 100,
  prompt: { system: '', fragments: [], variables: {}, order: [] },
  ...{ tools: [], denied: [], toolRounds: 2, attempts: 3, skills: [], preprocessors: [], hash: '' },
  output: {
    ...{ format: 'json', required: ['summary'], unshared: [], sensitive: [] },
    ...{ validation: 'lenient', repairs: 1, onInvalid: 'abort' },
    ...output,
  },
});

/** A run whose only node asks a model; its frame is `1`. */
function asking(output: Partial<PlanAgent['output']> = {}): GraphBench {
  const graph = planGraph([{ id: 'a', kind: 'agent', agent: 'writer' }]);
  const plan = { ...graphPlan(graph), agents: { writer: agent(output) } };
  const bench = new Bench(plan, (command) => {
    if (command.do !== 'start-node') return undefined;
    const data = {
      ...{ role: 'node' as const, node: command.run, agentKey: 'writer', name: 'a', model: 'm' },
      ...{ temperature: 0, tools: [], instructions: '', index: 1 },
    } as const;
    return [{ type: 'agent.started', agent: '1', parent: '0', depth: 1, data }];
  });
  return bench.start();
}

function answered(bench: GraphBench, call: string, ok: boolean): GraphBench {
  const asked: Fact = {
    type: 'model.asked',
    agent: '1',
    data: {
      ...{ call, attempt: 1, model: 'm', keep: 0, messages: [], tools: [], temperature: 0 },
      ...{ maxOutputTokens: 9, inputHash: '', reserved: { tokens: 0, cost: 0 } },
      purpose: call === '1/1' ? 'work' : 'repair',
    },
  };
  const usage = { input: 0, output: 0 };
  bench.record(asked);
  bench.record({
    type: 'model.responded',
    agent: '1',
    data: { ...{ call, attempt: 1, text: 'x', toolCalls: [], usage, cost: 0, ms: 1 } },
  });
  const problems = ok ? [] : ['the field "summary" is missing'];
  const output = ok ? { summary: 'done' } : { half: 1 };
  bench.record({
    type: 'output.checked',
    agent: '1',
    data: { ok, problems, output, text: 'x', confidence: ok ? 0.9 : 0.1 },
  });
  bench.asked.length = 0;
  return bench.go();
}

describe('a node that asks a model', () => {
  it('is asked for its work first', () => {
    expect(asking().asked).toMatchObject([{ do: 'ask', frame: { id: '1' }, purpose: 'work' }]);
  });

  it('ends its node with an output that meets the contract', () => {
    const bench = answered(asking(), '1/1', true);
    expect(bench.state).toMatchObject({ status: 'complete', ending: { text: 'x' } });
    expect(bench.graph.state.a).toEqual({ summary: 'done' });
    expect(bench.node('a').main.confidence).toBe(0.9);
  });

  it('is asked to repair one that does not, as often as its agent allows', () => {
    const bench = answered(asking(), '1/1', false);
    expect(bench.asked).toMatchObject([{ do: 'ask', purpose: 'repair' }]);
    expect(answered(bench, '1/2', true).state.status).toBe('complete');
  });

  it.each([
    ['abort', 'failed', { half: 1, confidence: 0 }],
    ['use_partial', 'complete', { half: 1 }],
    ['skip', 'complete', {}],
  ] as const)(
    'that stays invalid, with on_invalid %s: the run is %s',
    (onInvalid, status, value) => {
      const bench = answered(answered(asking({ onInvalid }), '1/1', false), '1/2', false);
      expect(bench.state.status).toBe(status);
      expect(bench.graph.state.a).toMatchObject(value);
      if (status === 'failed') expect(bench.state.ending?.reason).toBe('model/bad-answer');
      if (onInvalid === 'use_partial') {
        expect(bench.said('agent.finished')[0]?.problems).toEqual([
          'the field "summary" is missing',
        ]);
      }
    },
  );

  it('without repairs is not asked again', () => {
    const bench = answered(asking({ repairs: 0, onInvalid: 'use_partial' }), '1/1', false);
    expect(bench.state.status).toBe('complete');
  });

  it('counts as an agent of the run', () => {
    const bench = asking();
    expect(bench.state).toMatchObject({ openWorkers: 1, ledger: { used: { workers: 1 } } });
    expect(answered(bench, '1/1', true).state.openWorkers).toBe(0);
  });
});
