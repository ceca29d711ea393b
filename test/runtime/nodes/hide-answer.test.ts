import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import { answerHiding } from '../../../src/runtime/nodes/hide-answer.ts';
import { hideSensitive } from '../../../src/runtime/nodes/hide-fields.ts';
import { graphPlan, planAgent, planGraph, planState } from '../graphs.ts';
import { runOf, startAgent } from './told.ts';

const sharing = (sensitive: string[]) => ({ ...planState().sharing, sensitive });
const agent = (sensitive: string[]): PlanAgent => {
  const base = planAgent('read');
  return { ...base, output: { ...base.output, sensitive } };
};

describe('sensitive fields of an output', () => {
  it.each<[string, string[], string[], JsonObject, JsonObject]>([
    ['of the state', ['pin'], [], { pin: 1, name: 'n' }, { pin: '[redacted]', name: 'n' }],
    ['of a contract', [], ['pin'], { pin: { a: 1 } }, { pin: '[redacted]' }],
    [
      'deep in lists',
      ['pin'],
      [],
      { rows: [{ pin: 1 }, [{ pin: 2 }]] },
      { rows: [{ pin: '[redacted]' }, [{ pin: '[redacted]' }]] },
    ],
    [
      'at a place of the state',
      ['read.login.pin'],
      [],
      { login: { pin: 1 }, pin: 2 },
      { login: { pin: '[redacted]' }, pin: 2 },
    ],
    ['at a place behind state.', ['state.read.pin'], [], { pin: 1 }, { pin: '[redacted]' }],
    ['at a place of another node', ['plan.pin'], [], { pin: 1 }, { pin: 1 }],
    [
      'at a place of the contract',
      [],
      ['login.pin'],
      { login: { pin: 1 } },
      { login: { pin: '[redacted]' } },
    ],
    [
      'when the whole is sensitive',
      ['read'],
      [],
      { pin: 1, items: [1], confidence: 0.7, _loop_iterations: 2 },
      { pin: '[redacted]', items: '[redacted]', confidence: 0.7, _loop_iterations: 2 },
    ],
    ['that are not there', ['pin'], ['x'], { a: 1 }, { a: 1 }],
  ])('are hidden: %s', (_, state, own, output, hidden) => {
    const from = { node: 'read', agent: agent(own) };
    const result = hideSensitive(from, sharing(state), output);
    expect(result).toEqual(hidden);
    expect(hideSensitive(from, sharing(state), result)).toEqual(hidden);
  });

  it('count for the node when they name its agent', () => {
    const from = { node: 'first', agent: agent([]) };
    expect(hideSensitive(from, sharing(['read.pin']), { pin: 1 })).toEqual({ pin: '[redacted]' });
  });

  it('count for an agent of a sub-workflow by its own name', () => {
    const from = { node: 'first', agent: { ...agent([]), id: 'weather/read' } };
    expect(hideSensitive(from, sharing(['read.pin']), { pin: 1 })).toEqual({ pin: '[redacted]' });
  });

  it('cost nothing where there are none', () => {
    const output = { pin: 1 };
    expect(hideSensitive({ node: 'read' }, sharing([]), output)).toBe(output);
  });
});

describe('an answer with sensitive fields', () => {
  const hiding = (sensitive: string[]) => {
    const state = planState();
    const plan = graphPlan(
      planGraph(
        { read: { agent: 'read' } },
        { state: { ...state, sharing: { ...state.sharing, sensitive } } },
      ),
    );
    const run = runOf(plan);
    return answerHiding({ plan, state: run.state }, startAgent(run, { id: 'read', attempt: 1 }));
  };

  it('is left alone where nothing is sensitive', () => {
    expect(hiding([])).toBeUndefined();
  });

  it.each([
    ['{"pin": 1, "name": "n"}', '{"pin":"[redacted]","name":"n"}'],
    ['Here it is, 1:\n```json\n{"pin": 1}\n```', '{"pin":"[redacted]"}'],
    ['{"name": "n"} and more', '{"name": "n"} and more'],
    ['{"name": "n", "pin": 12', '{"name": "n", "[redacted]'],
    ['pin: 12', '[redacted]'],
    ['nothing of it', 'nothing of it'],
    ['the pin is not known', 'the pin is not known'],
    ['a pin, and pin = 12', 'a pin, and [redacted]'],
  ])('%j becomes %j', (text, hidden) => {
    expect(hiding(['pin'])?.(text)).toBe(hidden);
  });

  it.each(['{"n": 1, "confidence": 1}', 'n: 1', ''])(
    'of a node that is sensitive as a whole is no longer there: %j',
    (text) => {
      const left = { '': '', 'n: 1': '[redacted]' }[text];
      expect(hiding(['read'])?.(text)).toBe(left ?? '{"n":"[redacted]","confidence":1}');
    },
  );

  it('of workers of a loop in a graph have the names of the graph', () => {
    const state = planState();
    const sensitive = { ...state, sharing: { ...state.sharing, sensitive: ['pin'] } };
    const plan = graphPlan(planGraph({ loop: {} }, { state: sensitive }));
    const run = runOf(plan);
    const start = (agent: string, parent: string, role: 'manager' | 'worker'): void => {
      const node = role === 'manager' ? { node: { id: 'loop', attempt: 1 } } : {};
      const data = { role, name: agent, model: '', temperature: 0, tools: [], instructions: '' };
      run.record({
        ...{ type: 'agent.started', agent, parent, depth: 1 },
        data: { ...data, ...node, index: 1 },
      });
    };
    start('1', '0', 'manager');
    start('1-1.1', '1', 'worker');
    for (const id of ['1', '1-1.1']) {
      const frame = run.state.frames.get(id);
      const hide = frame && answerHiding({ plan, state: run.state }, frame);
      expect(hide?.('{"final_result":{"pin":1}}')).toBe('{"final_result":{"pin":"[redacted]"}}');
    }
  });

  it.each([
    [['result'], '[redacted]'],
    [['pin'], 'pin: 12'],
  ])('that are one text: %j', (names, text) => {
    const plan = graphPlan(planGraph({ read: { agent: 'read' } }), {
      agents: { read: { ...agent(names), output: { ...agent(names).output, format: 'text' } } },
    });
    const run = runOf(plan);
    const frame = startAgent(run, { id: 'read', attempt: 1 });
    expect(answerHiding({ plan, state: run.state }, frame)?.('pin: 12')).toBe(text);
  });

  it('never shows such a value, however it is cut', () => {
    const hide = hiding(['pin']);
    const text = JSON.stringify({
      a: 'x',
      deep: [{ pin: 'SECRET' }],
      pin: 'SECRET',
      z: { pin: 'SECRET' },
    });
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.constantFrom('', 'words ', '```json\n'),
        (end, before) => {
          expect(hide?.(before + text.slice(0, end))).not.toContain('SECRET');
        },
      ),
    );
  });
});
