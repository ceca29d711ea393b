import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { DraftProblem } from '../../../src/events/creation.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { DraftCheck } from '../../../src/ports/toolsmith.ts';
import { only, temporaryFolder } from '../../make.ts';
import { runPlan } from '../graphs.ts';
import { draftOf, type Making, makingHost, makingPlan, returnsOf } from './makers.ts';

async function logOf(making: Making): Promise<RunEvent[]> {
  using folder = temporaryFolder();
  const { log, state } = await runPlan(makingHost(folder.path, making), makingPlan(making));
  expect(state.status).toBe('complete');
  return log;
}

/** One agent that sends these drafts, one after another. */
async function sent(drafts: readonly JsonObject[], more: Partial<Making> = {}) {
  return await logOf({ rounds: { maker: drafts.map((one) => [['tools.create', one]]) }, ...more });
}

const problem = (change: Partial<DraftProblem> = {}): DraftProblem => ({
  ...{ stage: 'lint', status: 403, category: 'import', repairable: true },
  ...{ error: 'line 1: import os', hint: 'use open' },
  ...change,
});
const finds = (stage: DraftCheck['stage'], found?: DraftProblem): DraftCheck => ({
  stage,
  check: () => found,
});

describe('a tool that an agent makes', () => {
  it('goes through all stages, is in the log with its result, and can be called at once', async () => {
    const log = await logOf({
      checks: [finds('source'), finds('dry_run')],
      rounds: {
        maker: [
          [['tools.create', draftOf('stats.plus_one', { meta: { why: 'x' } })]],
          [['stats.plus_one', { a: 1 }]],
        ],
        user: [[['stats.plus_one', { a: 2 }]]],
      },
    });
    const facts = log.filter(({ type, data }) => /^tool\./.test(type) && !Object(data).parentCall);
    expect(facts.map(({ type }) => type)).toEqual([
      ...['tool.called', 'tool.drafted', 'tool.checked', 'tool.checked', 'tool.checked'],
      ...['tool.checked', 'tool.created', 'tool.returned'],
      ...['tool.called', 'tool.returned', 'tool.called', 'tool.returned'],
    ]);
    expect(only(log, 'tool.checked').map(({ data }) => [data.stage, data.ok])).toEqual([
      ['policy', true],
      ['source', true],
      ['dry_run', true],
      ['registration', true],
    ]);
    const [created] = only(log, 'tool.created');
    expect(created?.data.tool).toMatchObject({
      ...{ name: 'stats.plus_one', namespace: 'stats', creator: 'maker', origin: 'agent' },
      ...{ repairs: 0, meta: { why: 'x' }, secrets: [], language: 'javascript' },
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const hash = created?.data.tool.hash;
    expect(returnsOf(log)[0]?.data).toEqual({
      name: 'stats.plus_one',
      registered: true,
      code_hash: hash,
    });
    expect(only(log, 'tool.drafted')[0]?.data).not.toHaveProperty('source');
    const asked = only(log, 'model.asked').map(({ data }) => data.tools.includes('stats.plus_one'));
    expect(asked).toEqual([false, true, true, true, true]);
    expect(returnsOf(log, 'stats.plus_one').map(({ data }) => data.args)).toEqual([
      { a: 1 },
      { a: 2 },
    ]);
  });

  it('is in the log with its source when the author wants to review it', async () => {
    const draft = draftOf('stats.a');
    const log = await sent([draft], { creation: { codeReview: true } });
    expect(only(log, 'tool.drafted')[0]?.data.source).toBe(draft.code);
  });

  it('hands on what checks warn of, a few of it and nothing hidden', async () => {
    const warns: DraftCheck = {
      stage: 'signature',
      check: (_draft, _place, { warn }) => {
        for (let n = 0; n < 20; n++) warn(`\u202e${'w'.repeat(1000)}`);
        return undefined;
      },
    };
    const log = await sent([draftOf('stats.a', { meta: 'none' })], { checks: [warns] });
    const warnings = returnsOf(log)[0]?.data.warnings as string[];
    expect(warnings).toHaveLength(8);
    expect(warnings[0]).toMatch(/^meta was left out/);
    expect(warnings[1]?.length).toBeLessThanOrEqual(300);
    expect(warnings[1]).toMatch(/^\\u202e/);
  });

  it('is the one that is there when its name and code are the same, and counts for nobody', async () => {
    const log = await logOf({
      making: { maxTools: 1 },
      creation: { maxTotal: 1 },
      rounds: {
        one: [[['tools.create', draftOf('stats.a')]]],
        two: [[['tools.create', draftOf('stats.a')]], [['tools.create', draftOf('stats.b')]]],
      },
    });
    const [first, second, third] = returnsOf(log);
    expect(second?.data).toEqual({ ...first?.data, cache_hit: true });
    expect(only(log, 'tool.cached')).toHaveLength(1);
    expect(only(log, 'tool.created')).toHaveLength(1);
    expect(third).toMatchObject({ status: 429, data: { error: /this run has its 1 tools/ } });
  });

  it('can be called by an agent that was at work before it was there, and made the same', async () => {
    const round = [[['tools.create', draftOf('stats.a')]], [['stats.a', { a: 1 }]]] as const;
    const log = await logOf({
      rounds: { one: round, two: round },
      nodes: { one: { agent: 'one' }, two: { agent: 'two' } },
      agents: { two: { tools: ['tools.*'] } },
    });
    expect(only(log, 'tool.cached')).toHaveLength(1);
    expect(returnsOf(log, 'stats.a').map(({ status }) => status)).toEqual([200, 200]);
  });

  it('is a duplicate when nothing is kept for that', async () => {
    const twice = [draftOf('stats.a'), draftOf('stats.a')];
    const log = await sent(twice, { creation: { cache: false } });
    expect(returnsOf(log).map(({ status }) => status)).toEqual([200, 409]);
  });
});

const LONG = 'a'.repeat(60);
const KEYS = new Map([
  ['API_KEY', { hosts: ['api.example.com'] }],
  ['LLM_API_KEY', { hosts: ['api.example.com'] }],
]);

/** What is said of a draft: status, category, repairable, a part of what is wrong. */
type Refusal = readonly [number, string, boolean, RegExp];
const POLICY_403 = (error: RegExp): Refusal => [403, 'policy', false, error];
const FORM: Refusal = [400, 'policy', false, /is not the name of a tool \(DT1\)/];

const REFUSALS: readonly (readonly [string, JsonObject, Refusal])[] = [
  ...['', '.', 'a.', '.b', 'a.b.c', 'stats.x/../../y', 'stats.__proto__', 'stats.a\n'].map(
    (name) => [JSON.stringify(name), draftOf(name), FORM] as const,
  ),
  ...['stats.\u200ba', 'Stats.x', 'st\u0430ts.x', 'SHELL.x', 'shell .x', 'mean', '*'].map(
    (name) => [JSON.stringify(name), draftOf(name), FORM] as const,
  ),
  ['10,000 characters', draftOf(`stats.${'a'.repeat(10_000)}`), FORM],
  [
    'a name that services do not take',
    draftOf(`stats.${LONG}`),
    [400, 'policy', false, /too long/],
  ],
  ...['shell', 'file', 'tools', 'code', 'pip', 'terminal', 'board', 'sdk'].map(
    (name) => [name, draftOf(`${name}.x`), POLICY_403(/kept for built-in tools/)] as const,
  ),
  [
    'another namespace',
    draftOf('other.x'),
    POLICY_403(/no tools may be made in the namespace other/),
  ],
  ['constructor.prototype', draftOf('constructor.prototype'), POLICY_403(/no tools may be made/)],
  ['a namespace of others', draftOf('net.x'), POLICY_403(/not one of this agent/)],
  ['a forbidden name', draftOf('stats.forbidden'), POLICY_403(/stats\.forbidden is forbidden/)],
  [
    'a tool that comes with the run',
    draftOf('stats.given'),
    [409, 'policy', false, /there is a tool/],
  ],
  ['a tool that looks alike', draftOf('stats.gi__ven'), [409, 'policy', false, /cannot tell/]],
  [
    'a language that the box has not',
    draftOf('stats.x', { language: 'python' }),
    [400, 'validation', false, /has no python/],
  ],
  [
    'a secret without a grant',
    draftOf('stats.x', { required_secrets: ['API_KEY'] }),
    POLICY_403(/may not ask for the secret "API_KEY"/),
  ],
  ['no name', { ...draftOf('x'), name: 1 }, [400, 'policy', false, /name is of type number/]],
  ['no code', draftOf('stats.x', { code: null }), [400, 'validation', true, /code is null/]],
  [
    'no description',
    draftOf('stats.x', { description: ' ' }),
    [400, 'validation', true, /description is empty/],
  ],
  [
    'a long description',
    draftOf('stats.x', { description: 'x'.repeat(1025) }),
    [400, 'validation', true, /1025 characters/],
  ],
  [
    'parameters that are a list',
    draftOf('stats.x', { parameters: [] }),
    [400, 'validation', true, /parameters is a list/],
  ],
  [
    'parameters that are too large',
    draftOf('stats.x', { parameters: { enum: ['x'.repeat(33_000)] } }),
    [400, 'validation', true, /as JSON/],
  ],
  [
    'parameters that are too deep',
    draftOf('stats.x', { parameters: nested(17) }),
    [400, 'validation', true, /deeper than 16/],
  ],
  [
    'too much code',
    draftOf('stats.x', { code: 'ü'.repeat(32_769) }),
    [400, 'validation', true, /65538 bytes/],
  ],
  [
    'another language',
    draftOf('stats.x', { language: 'cobol' }),
    [400, 'validation', true, /language is another text/],
  ],
  ['the shell', draftOf('stats.x', { language: 'sh' }), [400, 'validation', true, /language is/]],
  [
    'secrets that are no list',
    draftOf('stats.x', { required_secrets: 'A' }),
    [400, 'policy', false, /required_secrets is/],
  ],
  [
    'too many secrets',
    draftOf('stats.x', { required_secrets: Array.from({ length: 17 }, (_, n) => `A${n}`) }),
    [400, 'policy', false, /required_secrets is a list/],
  ],
  [
    'a proposal that is none',
    { proposal: 'stats.induced_0' },
    [400, 'policy', false, /no such proposal/],
  ],
  ['nothing', {}, [400, 'policy', false, /name is missing/]],
  [
    'arguments that were no object',
    { _unparsed: 'x' },
    [400, 'validation', true, /no JSON object/],
  ],
  [
    'arguments of great depth',
    { ...draftOf('stats.x'), meta: nested(70) },
    [400, 'validation', true, /deeper than 64/],
  ],
];

function nested(depth: number): JsonObject {
  let value: Json = 1;
  for (let n = 0; n < depth; n++) value = { x: value };
  return value as unknown as JsonObject;
}

describe('a draft that is refused', () => {
  it.each(REFUSALS)(
    'for %s has a status, a category, an error and a hint, and one event',
    async (_, draft, [status, category, repairable, error]) => {
      const given = {
        name: 'stats.given',
        description: 'x',
        parameters: { type: 'object' },
      } as const;
      const more = [given, { ...given, name: 'stats__gi.ven' }].map((tool) => ({
        ...{ ...tool, idempotent: true, origin: 'external' as const },
        run: async () => ({ ok: true, status: 200, data: {} }),
      }));
      const log = await sent([draft], {
        tools: more,
        making: { namespaces: ['stats'], repairs: 3 },
        agents: { maker: { denied: ['stats.forbidden'] } },
      });
      const [result] = returnsOf(log);
      expect(result).toMatchObject({
        status,
        data: {
          ...{ status, category, repairable, registered: false },
          stage: expect.any(String),
          error: expect.stringMatching(error),
          hint: expect.stringMatching(/./),
        },
      });
      const refused = only(log, 'tool.refused');
      expect(refused).toHaveLength(1);
      expect(refused[0]?.data).toMatchObject({ attempts: 0, origin: 'agent', problem: { status } });
      expect(refused[0]?.data.name.length).toBeLessThanOrEqual(128);
      expect(only(log, 'tool.checked').at(-1)?.data).toMatchObject({
        ok: false,
        problem: { status },
      });
      expect(only(log, 'tool.created')).toEqual([]);
      expect(JSON.stringify(log.at(-1))).not.toContain('"x":{"x"');
    },
  );

  it('by a check tells what was found, bounded and without hidden characters', async () => {
    const found = problem({
      error: `\u202e\u0000${'e'.repeat(9000)}`,
      hint: `\u001b[2J${'h'.repeat(900)}`,
    });
    const log = await sent([draftOf('stats.x')], {
      checks: [finds('source'), finds('lint', found)],
    });
    const [result] = returnsOf(log);
    const { error, hint } = Object(result?.data) as { error: string; hint: string };
    expect(error.length).toBeLessThanOrEqual(2000);
    expect(hint.length).toBeLessThanOrEqual(500);
    expect(error).toMatch(/^\\u202e\\x00e+ \.\.\.$/);
    expect(hint).toMatch(/^\\x1b\[2J/);
    expect(result).toMatchObject({ status: 403, data: { stage: 'lint', category: 'import' } });
  });

  it('cannot widen what the author grants, whatever else it says', async () => {
    const greedy = { capabilities: ['network'], network_allowlist: ['*'], side_effects: false };
    const draft = draftOf('stats.x', { ...greedy, meta: { ...greedy, pattern_id: 'x' } });
    const log = await sent([draft]);
    expect(only(log, 'tool.created')[0]?.data.tool).toEqual(
      expect.not.objectContaining({ capabilities: expect.anything() }),
    );
  });
});

describe('secrets of a tool', () => {
  it.each([
    ['one that the author granted to its namespace, with hosts', ['API_KEY'], 200],
    ['one that the namespace has and the run does not', ['UNKNOWN_KEY'], 403],
    ['one that the run has and the namespace does not', ['LLM_API_KEY'], 403],
    ['a name of the environment', ['PATH'], 403],
  ])('are names of grants alone: %s', async (_, secrets, status) => {
    const granted = new Map(
      [...KEYS].map(
        ([name, { hosts }]) =>
          [
            name,
            { hosts, tools: undefined, secret: new Secret(name, `value-of-${name}`) },
          ] as const,
      ),
    );
    const draft = draftOf('net.x', { required_secrets: secrets });
    const log = await sent([draft], { host: { granted } });
    expect(returnsOf(log)[0]?.status).toBe(status);
    expect(only(log, 'tool.created')[0]?.data.tool.secrets ?? []).toEqual(
      status === 200 ? secrets : [],
    );
  });
});

describe('quotas', () => {
  it('count for an agent what it made, what it removed included', async () => {
    const log = await logOf({
      making: { maxTools: 2 },
      rounds: {
        maker: [
          [['tools.create', draftOf('stats.a')]],
          [['tools.remove', { name: 'stats.a' }]],
          [['tools.create', draftOf('stats.a')]],
          [['tools.create', draftOf('stats.b')]],
          [['tools.create', draftOf('stats.c')]],
        ],
      },
    });
    const [first, again, second, third] = returnsOf(log);
    expect([first, second].map((one) => one?.status)).toEqual([200, 200]);
    expect(again).toMatchObject({ status: 409, data: { error: /name is not given again/ } });
    expect(third).toMatchObject({ status: 429, data: { error: /has made its 2 tools/ } });
  });

  it.each([
    ['of the agent', { making: { maxTools: 3 } }, 3],
    ['of each agent', { creation: { maxPerAgent: 2 } }, 2],
    ['of the run', { creation: { maxTotal: 1 } }, 1],
    ['of nothing', { making: { maxTools: 0 } }, 0],
  ])('%s hold for drafts that are checked at the same time', async (_, limits, most) => {
    const slow: DraftCheck = {
      stage: 'dry_run',
      check: () => new Promise((resolve) => setImmediate(() => resolve(undefined))),
    };
    const drafts = Array.from(
      { length: 50 },
      (_one, n) => ['tools.create', draftOf(`stats.t${n}`)] as const,
    );
    const log = await logOf({ checks: [slow], rounds: { maker: [drafts] }, ...limits });
    expect(only(log, 'tool.created')).toHaveLength(most);
    const statuses = returnsOf(log).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(50 - most);
    expect(only(log, 'tool.refused')).toHaveLength(50 - most);
  });
});
