import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/events/event.ts';
import type { DraftCheck } from '../../../src/ports/toolsmith.ts';
import { CreationClaims } from '../../../src/runtime/creation/claims.ts';
import { only, temporaryFolder } from '../../make.ts';
import { runPlan } from '../graphs.ts';
import { draftOf, type Making, makingHost, makingPlan, returnsOf } from './makers.ts';

async function logOf(making: Making): Promise<RunEvent[]> {
  using folder = temporaryFolder();
  const { log, state } = await runPlan(makingHost(folder.path, making), makingPlan(making));
  expect(state.status).toBe('complete');
  return log;
}

/** Takes as many turns of the event loop as the code says, and fails if the code says so. */
const asTheCodeSays: DraftCheck = {
  stage: 'dry_run',
  check: async ({ code }) => {
    const [turns = 0, fails = 0] = code.split(' ').map(Number);
    for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve));
    if (fails === 0) return undefined;
    const kind = { stage: 'dry_run', status: 422, category: 'dry_run', repairable: true } as const;
    return { ...kind, error: 'it failed', hint: 'mend it' };
  },
};

const create = (name: string, code: string) => ['tools.create', draftOf(name, { code })] as const;

describe('the place of a draft that is on its way', () => {
  const claim = { call: '1/1.t1', name: 'stats.a', maker: '1', hash: 'h' };

  it('counts for others, not for the call that has it', () => {
    const claims = new CreationClaims();
    claims.take(claim);
    expect([claims.count(claim.call), claims.count('2/1.t1')]).toEqual([0, 1]);
    expect([claims.count('2/1.t1', '1'), claims.count('2/1.t1', '2')]).toEqual([1, 0]);
    expect(claims.find('stats.a')).toMatchObject({ call: claim.call, hashes: new Set(['h']) });
    expect(claims.find('stats__a.x')).toBeUndefined();
  });

  it.each([
    ['the tool is there', { type: 'tool.created', data: { call: claim.call } }],
    ['the call has returned', { type: 'tool.returned', data: { call: claim.call } }],
  ] as const)('is given back when %s', async (_, event) => {
    const claims = new CreationClaims();
    claims.take(claim);
    const { settled } = claims.find('stats.a') ?? {};
    claims.see({ type: 'tool.returned', data: { call: 'another' } } as RunEvent);
    expect(claims.find('stats.a')).toBeDefined();
    claims.see(event as unknown as RunEvent);
    expect(claims.find('stats.a')).toBeUndefined();
    await settled;
  });

  it('is one for a draft as it was given and as it was repaired', async () => {
    const claims = new CreationClaims();
    claims.take(claim);
    const { settled } = claims.find('stats.a') ?? {};
    claims.take({ ...claim, hash: 'repaired' });
    expect(claims.find('stats.a')?.settled).toBe(settled);
    expect([...(claims.find('stats.a')?.hashes ?? [])]).toEqual(['h', 'repaired']);
    expect(claims.count('x')).toBe(1);
  });

  it('is not given back by a tool that the run began with', () => {
    const claims = new CreationClaims();
    claims.take(claim);
    claims.see({ type: 'tool.created', data: {} } as unknown as RunEvent);
    expect(claims.count('x')).toBe(1);
  });
});

describe('drafts at the same time', () => {
  it('of the same name and code are one tool: the later call waits for the first', async () => {
    const log = await logOf({
      checks: [asTheCodeSays],
      rounds: { a: [[create('stats.a', '5 0'), create('stats.a', '5 0')]] },
    });
    expect(only(log, 'tool.created')).toHaveLength(1);
    expect(returnsOf(log).map(({ data }) => data.cache_hit ?? false)).toEqual([false, true]);
  });

  it('of which the first fails are tried one after another', async () => {
    const log = await logOf({
      checks: [asTheCodeSays],
      rounds: { a: [[create('stats.a', '5 1'), create('stats.a', '5 1')]] },
    });
    expect(returnsOf(log).map(({ status }) => status)).toEqual([422, 422]);
  });

  it('are one tool, too, when the first has to be repaired', async () => {
    const log = await logOf({
      checks: [asTheCodeSays],
      rounds: { a: [[create('stats.a', '5 1'), create('stats.a', '5 1')]] },
      making: { repairs: 1 },
      repair: () => ({ code: '5 0' }),
    });
    expect(only(log, 'tool.created')).toHaveLength(1);
    expect(returnsOf(log).map(({ status, data }) => [status, data.cache_hit ?? false])).toEqual([
      [200, false],
      [200, true],
    ]);
  });

  it('of the same name and other code are refused while one is being made', async () => {
    const log = await logOf({
      checks: [asTheCodeSays],
      rounds: { a: [[create('stats.a', '5 0'), create('stats.a', '6 0')]] },
    });
    const [refused, made] = returnsOf(log);
    expect(refused).toMatchObject({ status: 409, data: { error: /being made by another call/ } });
    expect(made?.status).toBe(200);
  });

  const draft = fc.record({
    name: fc.integer({ min: 0, max: 5 }),
    turns: fc.integer({ min: 0, max: 4 }),
    fails: fc.constantFrom(0, 0, 1),
  });
  const drafts = fc.array(draft, { maxLength: 8 });

  it('never pass a quota, never share a name, and each comes to one end', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ a: drafts, b: drafts, c: drafts }),
        fc.record({ total: fc.integer({ min: 0, max: 6 }), each: fc.integer({ min: 0, max: 4 }) }),
        async (wanted, { total, each }) => {
          const rounds = Object.fromEntries(
            Object.entries(wanted).map(([name, list]) => [
              name,
              [list.map((one) => create(`stats.t${one.name}`, `${one.turns} ${one.fails}`))],
            ]),
          );
          const log = await logOf({
            rounds,
            nodes: { a: { agent: 'a' }, b: { agent: 'b' }, c: { agent: 'c' } },
            creation: { maxTotal: total },
            making: { maxTools: each },
            checks: [asTheCodeSays],
          });
          const made = only(log, 'tool.created').map(({ data, agent }) => ({
            ...data.tool,
            agent,
          }));
          expect(made.length).toBeLessThanOrEqual(total);
          for (const [, own] of Map.groupBy(made, ({ agent }) => agent)) {
            expect(own.length).toBeLessThanOrEqual(each);
          }
          expect(new Set(made.map(({ name }) => name)).size).toBe(made.length);
          const ends = log.flatMap(({ type, data }) =>
            ['tool.created', 'tool.cached', 'tool.refused'].includes(type)
              ? [Object(data).call]
              : [],
          );
          const calls = only(log, 'tool.called').map(({ data }) => data.call);
          expect(ends.sort()).toEqual(calls.sort());
        },
      ),
      { numRuns: 30 },
    );
  });
});
