import { describe, expect, it } from 'vitest';
import { resultSchema } from '../../src/data/result-schema.ts';
import type { CreatedTool, DraftProblem } from '../../src/events/creation.ts';
import { resultJson, resultOf } from '../../src/events/result.ts';
import { SampleLog } from '../cli/sample-run.ts';

const tool = (name: string, more: Partial<CreatedTool> = {}): CreatedTool => ({
  ...{ name, description: 'x', parameters: {}, code: '', language: 'python', secrets: [] },
  ...{ namespace: 'stats', hash: `hash of ${name}`, creator: 'profile', origin: 'agent' },
  ...{ createdAt: '2026-11-22T08:00:00.000Z', repairs: 0 },
  ...more,
});
const problem: DraftProblem = {
  ...{ stage: 'policy', status: 429, category: 'policy', repairable: false },
  ...{ error: 'no room', hint: 'go on without' },
};

/** A log in which `profile` and `other` work. */
const log = (): SampleLog =>
  new SampleLog().start().agent('1', { name: 'profile' }).agent('2', { name: 'other', index: 2 });

function calls(on: SampleLog, agent: string, name: string, times: number): void {
  for (let n = 0; n < times; n += 1) {
    const call = `${agent}/1.t${on.events.length}`;
    on.add('tool.called', { call, tool: name, args: {}, idempotent: true }, { agent });
    const result = { ok: true, status: 200, data: {}, ms: 1 };
    on.add('tool.returned', { call, tool: name, ...result }, { agent });
  }
}

const resultFor = (one: SampleLog) => resultOf(one.state(), '/runs');

describe('what a result says of making tools', () => {
  it('is nothing when none was made or tried', () => {
    const { metadata } = resultFor(log());
    expect('toolCreation' in metadata || 'createdTools' in metadata).toBe(false);
    expect(resultJson(resultFor(log())).metadata).not.toHaveProperty('tool_creation');
  });

  it('counts calls of each tool, and those by others than its maker', () => {
    const one = log()
      .add('tool.created', { tool: tool('stats.kept', { origin: 'kept', creator: 'earlier' }) })
      .add('tool.created', { call: '1/1.t1', tool: tool('stats.a') }, { agent: '1' })
      .add('tool.created', { call: '1/1.t2', tool: tool('stats.b') }, { agent: '1' });
    calls(one, '1', 'stats.a', 2);
    calls(one, '2', 'stats.a', 3);
    calls(one, '2', 'stats.kept', 1);
    calls(one, '2', 'code.execute', 1);
    const { toolCreation, createdTools } = resultFor(one).metadata;
    expect(toolCreation).toMatchObject({ successes: 2, calls: 6, reuses: 4 });
    expect(createdTools?.map(({ name, calls: all, reused }) => [name, all, reused])).toEqual([
      ['stats.kept', 1, 1],
      ['stats.a', 5, 3],
      ['stats.b', 0, 0],
    ]);
  });

  it('does not list those that were taken away, though their calls count', () => {
    const one = log().add('tool.created', { tool: tool('stats.a') }, { agent: '1' });
    calls(one, '1', 'stats.a', 1);
    one.add('tool.removed', { call: '1/1.t9', name: 'stats.a' }, { agent: '1' });
    const { toolCreation, createdTools } = resultFor(one).metadata;
    expect([toolCreation?.calls, createdTools]).toEqual([1, []]);
  });

  it('is told when all that was tried was refused', () => {
    const check = { call: '1/1.t1', name: 'stats.a', attempt: 0, stage: 'policy', ms: 0 } as const;
    const one = log().add('tool.checked', { ...check, ok: false, problem }, { agent: '1' });
    expect(resultFor(one).metadata.toolCreation).toMatchObject({ policy_failures: 1 });
  });

  it('has the keys of the protocol as JSON', () => {
    const one = log().add('tool.created', { tool: tool('stats.a') }, { agent: '1' });
    const json = resultJson(resultFor(one));
    expect(resultSchema.parse(json).metadata).toMatchObject({
      tool_creation: { attempts: 0, successes: 1, cache_hits: 0 },
      created_tools: [
        {
          ...{ name: 'stats.a', creator: 'profile', origin: 'agent' },
          ...{ hash: 'hash of stats.a', calls: 0, reused: 0 },
        },
      ],
    });
  });
});
