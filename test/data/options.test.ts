import { describe, expect, it } from 'vitest';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { makePlan, sandboxPolicy } from '../../src/data/make-plan.ts';
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
    [{ sandbox: { host: ['a.test'] } }, 'usage/unknown-option', 'hosts'],
    [{ sandbox: { hosts: 'a.test' } }, 'usage/bad-option', 'a list of texts'],
    [{ sandbox: { hosts: ['http://a.test'] } }, 'usage/bad-option', 'http://a.test'],
    [{ sandbox: { hosts: [7] } }, 'usage/bad-option', 'a list of texts'],
    [{ sandbox: 'docker' }, 'usage/bad-option', 'bwrap, jail, quickjs, deno, none'],
    [{ sandbox: { only: 'none', minimum: 'boundary' } }, 'usage/bad-option', 'minimum'],
    [{ sandbox: { session: 'warm' } }, 'usage/bad-option', 'fresh, persistent'],
    [{ sandbox: { memoryMb: 0 } }, 'usage/bad-option', 'at least 1'],
    [{ sandbox: { timeoutMs: 1.5 } }, 'usage/bad-option', 'at least 1'],
    [{ sandbox: { cpuSeconds: Number.NaN } }, 'usage/bad-option', 'more than 0'],
    [{ sandbox: { languages: ['ruby'] } }, 'usage/bad-option', 'typescript'],
    [{ sandbox: { packages: ['pandas'] } }, 'usage/bad-option', 'python and javascript'],
    [{ sandbox: { packages: { python: 'pandas' } } }, 'usage/bad-option', 'a list of texts'],
    [{ packages: ['https://a.test/b.whl'] }, 'sandbox/bad-package', 'https://a.test/b.whl'],
    [{ packages: ['--index-url=x'] }, 'sandbox/bad-package', 'index-url'],
    [{ sandbox: { packages: { javascript: ['a@npm:b'] } } }, 'sandbox/bad-package', 'a@npm:b'],
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

describe('the sandbox of a plan', () => {
  it('has the limits that are written down', () => {
    expect(sandboxPolicy()).toEqual({
      minimum: 'boundary',
      timeoutMs: 60_000,
      memoryMb: 1024,
      cpuSeconds: 30,
      processes: 64,
      outputChars: 50_000,
      filesBytes: 128 * 1024 * 1024,
      fileBytes: 64 * 1024 * 1024,
      files: 200,
      openFiles: 512,
      toolCalls: 1000,
      hosts: [],
      packages: { python: [], javascript: [] },
      session: 'fresh',
      languages: [],
    });
  });

  it.each([
    [{}, {}],
    [{ sandbox: 'auto' }, {}],
    [{ sandbox: 'none' }, { minimum: 'none', only: 'none' }],
    [{ sandbox: 'jail' }, { only: 'jail' }],
    [{ sandbox: { hosts: ['a.test'], files: 0 } }, { hosts: ['a.test'], files: 0 }],
    [{ sandbox: { session: 'persistent' } }, { session: 'persistent' }],
    [{ sandbox: { memoryMb: undefined } }, {}],
    [
      { packages: ['a', 'b'], sandbox: { packages: { python: ['b'], javascript: ['c'] } } },
      { packages: { python: ['b', 'a'], javascript: ['c'] } },
    ],
  ])('of %j is what was asked for', (given, wanted) => {
    const options = { task: 'x', ...given } as WorkflowOptions;
    new AgentWorkflow(options);
    const resolved = { managerModel: 'm', workerModel: 'm', simulated: true, inputs: [] };
    const { sandbox } = makePlan(options, { ...resolved, output: undefined });
    expect(sandbox).toEqual({ ...sandboxPolicy(), ...wanted });
  });
});
