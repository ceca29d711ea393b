import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/base/json.ts';
import type { Envelope } from '../../../../src/events/decision.ts';
import { readDecision } from '../../../../src/runtime/engines/decision.ts';

function read(...delegations: unknown[]): { delegations: readonly Envelope[]; unread?: number } {
  const reading = readDecision(JSON.stringify({ decision: 'delegate', delegations }));
  if ('problem' in reading || reading.decision.decision !== 'delegate') {
    throw new Error(JSON.stringify(reading).slice(0, 500));
  }
  return reading.decision;
}

function only(fields: JsonObject): Envelope | undefined {
  return read({ worker_id: 'a', instructions: 'x', ...fields }).delegations[0];
}

const ALL: JsonObject = {
  worker_id: 'trend_analyst',
  instructions: 'Find the trend.',
  skills: ['trends', '# A whole skill'],
  tools_allowed: ['code.execute', 'file.*'],
  output_contract: { required_fields: ['trend'], description: 'the trend' },
  codemode: { enabled: true, tool_creation: false },
  temperature: 0.7,
  subtask_id: 'p1',
  required_tool_invocations: ['code.execute'],
  packages: ['pandas'],
  timeout: 90,
  max_tokens: 4000,
  as_submanager: true,
  submanager_agent: 'agents/analyst',
  submanager_budget_fraction: 0.4,
  inherited_state_keys: ['sales'],
  forbidden_inheritance_keys: ['secret'],
  context: { region: 'EU' },
};

const READ: Envelope = {
  workerId: 'trend_analyst',
  instructions: 'Find the trend.',
  skills: ['trends', '# A whole skill'],
  toolsAllowed: ['code.execute', 'file.*'],
  contract: { requiredFields: ['trend'], description: 'the trend' },
  codemode: { enabled: true, toolCreation: false },
  temperature: 0.7,
  subtaskId: 'p1',
  requiredTools: ['code.execute'],
  packages: ['pandas'],
  timeoutMs: 90_000,
  maxOutputTokens: 4000,
  asSubmanager: true,
  submanagerAgent: 'agents/analyst',
  budgetShare: 0.4,
  inherits: ['sales'],
  forbids: ['secret'],
  context: { region: 'EU' },
};

describe('a delegation', () => {
  it('is read with all of its fields', () => {
    expect(read(ALL)).toEqual({ decision: 'delegate', delegations: [READ] });
  });

  it('may have its fields in camel case', () => {
    const camel = Object.fromEntries(
      Object.entries(ALL).map(([key, value]) => [
        key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
        value,
      ]),
    );
    const contract = { requiredFields: ['trend'], description: 'the trend' };
    const codemode = { enabled: true, toolCreation: false };
    expect(read({ ...camel, outputContract: contract, codemode }).delegations).toEqual([READ]);
  });

  it.each<[string, JsonObject, Partial<Envelope>]>([
    ['too warm', { temperature: 7 }, { temperature: 2 }],
    ['too cold', { temperature: -1 }, { temperature: 0 }],
    ['too little of the budget', { submanager_budget_fraction: 0 }, { budgetShare: 0.05 }],
    ['all of the budget', { submanager_budget_fraction: 1 }, { budgetShare: 0.95 }],
    ['half a second', { timeout: 0.5 }, { timeoutMs: 500 }],
    ['a time without end', { timeout: 1e300 }, { timeoutMs: 604_800_000 }],
    ['tokens without end', { max_tokens: 1e300 }, { maxOutputTokens: 10_000_000 }],
    ['half a token more', { max_tokens: 10.5 }, { maxOutputTokens: 10 }],
    ['codemode in one word', { codemode: true }, { codemode: { enabled: true } }],
    [
      'all of codemode',
      {
        codemode: {
          ...{ enabled: true, tool_creation: true, tool_creation_namespace: ' stats ' },
          ...{ max_tools: 3.7, repair_attempts: 0 },
        },
      },
      {
        codemode: {
          ...{ enabled: true, toolCreation: true, namespace: 'stats', maxTools: 3, repairs: 0 },
        },
      },
    ],
    [
      'codemode without end',
      { codemode: { max_tools: 1e300, repair_attempts: -5 } },
      { codemode: { maxTools: 100_000, repairs: 0 } },
    ],
    [
      'codemode with more than there is',
      { codemode: { enabled: true, sandbox: { network: true }, capabilities: ['network'] } },
      {
        codemode: { enabled: true },
        extra: { 'codemode.sandbox': { network: true }, 'codemode.capabilities': ['network'] },
      },
    ],
    [
      'codemode in a text',
      { codemode: '{"tool_creation": true, "max_tools": "3", "tool_creation_namespace": 7}' },
      { codemode: { toolCreation: true } },
    ],
    ['one tool as a text', { tools_allowed: 'code.execute' }, { toolsAllowed: ['code.execute'] }],
    ['tools of other kinds', { tools_allowed: ['a.b', 1, null, ''] }, { toolsAllowed: ['a.b'] }],
    ['no tools', { tools_allowed: [] }, { toolsAllowed: [] }],
    ['a context in words', { context: 'EU only' }, { context: { text: 'EU only' } }],
    [
      'both contexts',
      { input_context: { a: 1, b: 1 }, context: { b: 2 } },
      { context: { a: 1, b: 2 } },
    ],
    ['a link that is a number', { subtask_id: 3 }, { subtaskId: '3' }],
    [
      'fields that nobody knows',
      { priority: 1, fresh_worker: true },
      { extra: { priority: 1, fresh_worker: true } },
    ],
  ])('is kept within bounds: %s', (_, fields, expected) => {
    expect(only(fields)).toEqual({ workerId: 'a', instructions: 'x', ...expected });
  });

  it.each<[string, JsonObject]>([
    ['a temperature in words', { temperature: 'hot' }],
    ['a time that is none', { timeout: -5 }],
    ['a time of nothing', { timeout: 0 }],
    ['no tokens', { max_tokens: 0 }],
    ['tools that are none', { tools_allowed: { a: 1 } }],
    ['codemode that is none', { codemode: { enabled: 'yes' } }],
    ['a wish in words', { as_submanager: 'yes' }],
    ['a share in words', { submanager_budget_fraction: 'half' }],
    ['a contract that is none', { output_contract: 7 }],
    ['an empty contract', { output_contract: {} }],
    ['an empty list of fields', { output_contract: [] }],
    ['nothing at all', { skills: null, context: null, packages: null, subtask_id: null }],
  ])('loses what is of the wrong kind: %s', (_, fields) => {
    expect(only(fields)).toEqual({ workerId: 'a', instructions: 'x' });
  });

  it.each<[string, unknown, unknown]>([
    ['a list of fields', ['a', 'b'], { requiredFields: ['a', 'b'] }],
    [
      'a map of fields',
      { a: { type: 'number', description: 'the a' }, b: 'the b', c: { type: 'csv' } },
      {
        requiredFields: ['a', 'b', 'c'],
        schema: { type: 'object', properties: { a: { type: 'number', description: 'the a' } } },
        description: 'b: the b\nc: {"type":"csv"}',
      },
    ],
    [
      'a JSON Schema',
      { type: 'object', properties: { a: { type: 'number' }, b: {} }, required: ['a'] },
      {
        requiredFields: ['a'],
        schema: { type: 'object', properties: { a: { type: 'number' }, b: {} }, required: ['a'] },
      },
    ],
    [
      'fields with a schema',
      { required_fields: ['a', 1], schema: { type: 'object' }, description: 'x' },
      { requiredFields: ['a'], schema: { type: 'object' }, description: 'x' },
    ],
    ['a text', '{"required_fields":["a"]}', { requiredFields: ['a'] }],
  ])('may write its contract as %s', (_, given, contract) => {
    expect(read({ worker_id: 'a', instructions: 'x', output_contract: given }).delegations).toEqual(
      [{ workerId: 'a', instructions: 'x', contract }],
    );
  });

  it.each([
    ['a/../b', 'a_.._b'],
    ['../../etc', '__.._etc'],
    ['..', '_'],
    ['größe', 'größe'],
    ['größe'.normalize('NFD'), 'größe'],
    ['数据分析', '数据分析'],
    ['🙂', '_'],
    ['constructor', 'constructor'],
    ['__proto__', '__proto__'],
    [' two words ', 'two_words'],
    ['𝒜'.repeat(50), '𝒜'.repeat(40)],
    ['x'.repeat(5_000), 'x'.repeat(80)],
  ])('has an id that may be a folder: %s', (said, id) => {
    const found = read({ worker_id: said, instructions: 'x' }).delegations[0]?.workerId;
    expect(found).toBe(id);
    expect(found?.isWellFormed?.() ?? true).toBe(true);
  });

  it('keeps little of what nobody knows', () => {
    const many = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`field_${index}`, 'x'.repeat(100)]),
    );
    const extra = only(many)?.extra ?? {};
    expect(Object.keys(extra).length).toBeGreaterThan(10);
    expect(JSON.stringify(extra).length).toBeLessThan(10_000);
  });
});

describe('the delegations of a turn', () => {
  const named = (...ids: unknown[]) => ids.map((worker_id) => ({ worker_id, instructions: 'x' }));

  it('have ids that differ, even on disks that do not tell A from a', () => {
    const ids = read(...named('a', 'a', 'A', 'a-2', 7)).delegations.map(({ workerId }) => workerId);
    expect(ids).toEqual(['a', 'a-2', 'A-3', 'a-2-2', '7']);
  });

  it.each([
    ['without an id', { instructions: 'x' }],
    ['without instructions', { worker_id: 'b' }],
    ['with an id that is none', { worker_id: {}, instructions: 'x' }],
    ['with blank instructions', { worker_id: 'b', instructions: ' ' }],
    ['that are no object', 'b'],
  ])('are counted when they cannot be read: %s', (_, other) => {
    const { delegations, unread } = read(other, ...named('a'));
    expect([delegations.length, unread]).toEqual([1, 1]);
  });

  it('are a hundred at most, and the others are counted', () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `w${index}`);
    const { delegations, unread } = read(...named(...ids));
    expect([delegations.length, unread]).toEqual([100, 900]);
  });
});
