import { describe, expect, it } from 'vitest';
import { AwpError } from '../../../src/base/errors.ts';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { ToolContext } from '../../../src/ports/tool.ts';
import type { DraftCheck } from '../../../src/ports/toolsmith.ts';
import { startRun } from '../../../src/runtime/run.ts';
import { logOf, only, temporaryFolder } from '../../make.ts';
import { countingTool } from '../calling.ts';
import { planAgent, runPlan, until } from '../graphs.ts';
import { draftOf, type Making, makingHost, makingPlan, returnsOf } from './makers.ts';

async function runOf(making: Making) {
  using folder = temporaryFolder();
  return await runPlan(makingHost(folder.path, making), makingPlan(making));
}

const create = (name: string) => ['tools.create', draftOf(name)] as const;
const checking = (check: DraftCheck['check']): DraftCheck => ({ stage: 'dry_run', check });

/** How each draft of a log ended. */
const endsOf = (log: readonly RunEvent[]) =>
  log.map(({ type }) => type).filter((type) => /^tool\.(created|cached|refused)$/.test(type));

describe('a call that makes a tool and is cut short', () => {
  it('by its time has one refusal, and its name and place are free again', async () => {
    const clock = fixedClock();
    let calls = 0;
    const hangs = checking((_draft, _place, { signal }) => {
      calls += 1;
      if (calls > 1) return undefined;
      clock.advance(600_001);
      return until(signal);
    });
    const { log, state } = await runOf({
      checks: [hangs],
      making: { maxTools: 1 },
      rounds: { one: [[create('stats.a')], [create('stats.a')]] },
      host: { effects: { clock } },
    });
    expect(state.status).toBe('complete');
    expect(returnsOf(log).map(({ status }) => status)).toEqual([408, 200]);
    expect(endsOf(log)).toEqual(['tool.refused', 'tool.created']);
    expect(only(log, 'tool.refused')[0]?.data.problem).toMatchObject({
      error: expect.stringContaining('the call ended before the tool was made'),
      repairable: false,
    });
  });

  it('by an error of a check has one refusal, which tells nothing of the machine', async () => {
    const breaks = checking(() => {
      throw new TypeError('cannot read /home/somebody/secret.ts');
    });
    const { log } = await runOf({ checks: [breaks], rounds: { one: [[create('stats.a')]] } });
    expect(returnsOf(log)[0]?.status).toBe(500);
    expect(endsOf(log)).toEqual(['tool.refused']);
    expect(JSON.stringify(only(log, 'tool.refused'))).not.toContain('somebody');
  });

  it('by a sandbox that is gone ends the run, and leaves nothing half made', async () => {
    using folder = temporaryFolder();
    const breaks = checking(() => {
      throw new AwpError('sandbox/unavailable', 'the box is gone');
    });
    const making = { checks: [breaks], rounds: { one: [[create('stats.a')]] } };
    const host = makingHost(folder.path, making);
    const run = await startRun(host, { id: 'r-test', plan: makingPlan(making), inputs: [] });
    await expect(run.done).rejects.toMatchObject({ code: 'sandbox/unavailable' });
    expect(endsOf(await logOf(host.store))).toEqual([]);
  });
});

describe('what tools get of the way to make tools', () => {
  it('is nothing for other tools of an agent that may make some', async () => {
    const seen: ToolContext['maker'][] = [];
    const spy = countingTool('mail.send', {
      run: async (_args, { maker }) => {
        seen.push(maker);
        return { ok: true, status: 200, data: {} };
      },
    });
    const { state } = await runOf({
      tools: [spy],
      agents: { one: { tools: ['mail.send'] } },
      rounds: { one: [[['mail.send', {}]]] },
    });
    expect(state.status).toBe('complete');
    expect(seen).toEqual([undefined]);
  });

  it.each(['tools.create', 'tools.list', 'tools.remove'])(
    'is refused to an agent that may make none, also if the same tool is there: %s',
    async (name) => {
      using folder = temporaryFolder();
      const making: Making = {
        rounds: { one: [[create('stats.a')]], two: [[[name, draftOf('stats.a')]]] },
      };
      const plan = makingPlan(making);
      const { making: _, ...two } = plan.agents?.two ?? planAgent('two');
      const agents = { ...plan.agents, two };
      const { log } = await runPlan(makingHost(folder.path, making), { ...plan, agents });
      expect(returnsOf(log, name).at(-1)).toMatchObject({
        status: 403,
        error: expect.stringContaining('DT7'),
      });
      expect(only(log, 'security.denied')).toHaveLength(1);
      expect(only(log, 'tool.cached')).toEqual([]);
    },
  );

  it('is nothing where the host has nobody who checks tools', async () => {
    using folder = temporaryFolder();
    const making = { rounds: { one: [[create('stats.a')]] } };
    const { toolsmith: _, ...host } = makingHost(folder.path, making);
    const { log } = await runPlan(host, makingPlan(making));
    expect(returnsOf(log)[0]).toMatchObject({ status: 403, data: { category: 'policy' } });
    expect(endsOf(log)).toEqual([]);
  });
});

describe('rules of tool calls', () => {
  it('hold for calls that make tools: rate, quota, access', async () => {
    const tools = {
      ...{
        callsPerAgent: 2,
        parallel: 16,
        timeoutMs: null,
        overrides: [],
        access: [],
        approve: [],
      },
      rate: { perAgent: null, perTool: null, onExceeded: 'queue' },
    } as const;
    const { log } = await runOf({
      rounds: { one: [[create('stats.a')], [create('stats.b')], [create('stats.c')]] },
      plan: { tools },
    });
    expect(returnsOf(log).map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(endsOf(log)).toEqual(['tool.created', 'tool.created']);
  });
});
