import { describe, expect, it } from 'vitest';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { DEFAULT_LIMITS, limitsOf, type WorkflowOptions } from '../../src/data/options.ts';

describe('options', () => {
  it.each([
    [{ maxLops: 3 }, 'usage/unknown-option', 'maxLoops'],
    [{ modell: 'demo' }, 'usage/unknown-option', 'model'],
    [{ budget: { token: 3 } }, 'usage/unknown-option', 'tokens'],
    [{ task: ' ' }, 'usage/missing-option', 'task'],
    [{ budget: { tokens: -1 } }, 'usage/bad-option', 'null for unlimited'],
    [{ budget: { tokens: Number.NaN } }, 'usage/bad-option', 'null for unlimited'],
    [{ budget: { loops: 1.5 } }, 'usage/bad-option', 'null for unlimited'],
    [{ budget: { time: 'soon' } }, 'usage/bad-option', '5m'],
    [{ budget: { parallel: 0 } }, 'usage/bad-option', 'at least 1'],
  ])('%j are refused with what was meant', (wrong, code, hint) => {
    const options = { task: 'x', ...wrong } as unknown as WorkflowOptions;
    const thrown = (() => {
      try {
        new AgentWorkflow(options);
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(thrown).toMatchObject({ code });
    expect(JSON.stringify(thrown) + String(Object(thrown).hint) + String(thrown)).toContain(hint);
  });

  it('have the limits that are written down', () => {
    expect(limitsOf({ task: 'x' })).toEqual({
      loops: 15,
      workers: 20,
      tokens: 500_000,
      time: 300_000,
      tools: 100,
      depth: 3,
      calls: null,
      cost: null,
      parallel: 8,
    });
  });

  it.each([
    [{ budget: { time: '5m' } }, { time: 300_000 }],
    [{ budget: { time: 90_000 } }, { time: 90_000 }],
    [{ budget: { maxTotalTokens: 7 } }, { tokens: 7 }],
    [{ budget: { max_wall_time: '2s' } }, { time: 2000 }],
    [
      { maxLoops: 2, maxTotalWorkers: null },
      { loops: 2, workers: null },
    ],
    [{ budget: { tokens: 0, cost: 0.5 } }, { tokens: 0, cost: 0.5 }],
  ])('%j set limits', (given, limits) => {
    expect(limitsOf({ task: 'x', ...given } as WorkflowOptions)).toEqual({
      ...DEFAULT_LIMITS,
      ...limits,
    });
  });
});
