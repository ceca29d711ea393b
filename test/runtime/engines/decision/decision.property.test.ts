import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/base/json.ts';
import type { Decision, Envelope } from '../../../../src/events/decision.ts';
import type { Hypothesis, Subtask } from '../../../../src/events/loop-events.ts';
import { decisionSchema } from '../../../../src/runtime/agent/decision-schema.ts';
import { type DecisionRules, readDecision } from '../../../../src/runtime/engines/decision.ts';
import { schemaProblems } from '../../../../src/runtime/schema.ts';
import { testPlan } from '../../../make.ts';

const RULES: DecisionRules = {
  planning: { maxSubtasks: 10, commit: 'advisory' },
  diagnosis: { maxHypotheses: 10, threshold: 0.5 },
};

const id = fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/);
const words = fc
  .string({ minLength: 1 })
  .filter((text) => text.trim() !== '' && !/^\s*[[{]/.test(text));
const texts = fc.array(words, { maxLength: 3 });
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const data = fc
  .dictionary(id, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true })
  .map((value): JsonObject => JSON.parse(JSON.stringify(value)))
  .filter((value) => !/"(__proto__|constructor|prototype)":/.test(JSON.stringify(value)));
const some = { requiredKeys: ['workerId', 'instructions'] as const };

const envelope = fc.record(
  {
    workerId: id,
    instructions: words,
    toolsAllowed: texts,
    temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0),
    skills: texts,
    subtaskId: id,
    requiredTools: texts,
    packages: texts,
    timeoutMs: fc.integer({ min: 1, max: 600_000 }),
    maxOutputTokens: fc.integer({ min: 1, max: 100_000 }),
    codemode: fc.record({ enabled: fc.boolean(), toolCreation: fc.boolean() }),
    asSubmanager: fc.boolean(),
    submanagerAgent: words,
    budgetShare: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    inherits: texts,
    forbids: texts,
    context: data,
  },
  { requiredKeys: [...some.requiredKeys] },
) as fc.Arbitrary<Envelope>;

const subtask: fc.Arbitrary<Subtask> = fc.record(
  {
    id,
    description: words,
    dependencies: fc.constant([] as string[]),
    priority: words,
    successCriteria: words,
    strategy: fc.constantFrom('worker' as const, 'submanager' as const),
    submanagerAgent: words,
  },
  { requiredKeys: ['id', 'description', 'dependencies'] },
) as fc.Arbitrary<Subtask>;

const hypothesis: fc.Arbitrary<Hypothesis> = fc.record(
  { id, cause: words, test: words, likelihood: share, testWorker: id },
  { requiredKeys: ['id', 'cause', 'test', 'likelihood'] },
) as fc.Arbitrary<Hypothesis>;

function unique<T>(one: fc.Arbitrary<T>, key: (value: T) => string): fc.Arbitrary<T[]> {
  return fc.uniqueArray(one, { minLength: 1, maxLength: 5, selector: key });
}

const result = data.filter((value) => Object.keys(value).length > 0);
const decision: fc.Arbitrary<Decision> = fc.oneof(
  fc.record({
    decision: fc.constant('delegate' as const),
    reasoning: words,
    confidence: share,
    delegations: unique(envelope, ({ workerId }) => workerId),
  }),
  fc.record({
    decision: fc.constant('complete' as const),
    reasoning: words,
    confidence: share,
    result,
  }),
  fc.record({ decision: fc.constant('fail' as const), reason: words, partial: data }),
  fc.record({
    decision: fc.constant('plan' as const),
    reasoning: words,
    subtasks: unique(subtask, (part) => part.id),
  }),
  fc.record({
    decision: fc.constant('diagnose' as const),
    reasoning: words,
    failedWorker: id,
    hypotheses: unique(hypothesis, (one) => one.id),
  }),
);

/** The decision as the protocol writes it. */
function written(one: Decision): JsonObject {
  const { decision: kind } = one;
  switch (kind) {
    case 'delegate':
      return plain({ ...one, delegations: one.delegations.map(writtenEnvelope) });
    case 'complete': {
      const { result: final_result, ...rest } = one;
      return plain({ ...rest, final_result });
    }
    case 'fail': {
      const { partial: partial_result, ...rest } = one;
      return plain({ ...rest, reasoning: 'x', partial_result });
    }
    case 'plan':
      return plain({
        ...one,
        subtasks: one.subtasks.map(({ successCriteria, strategy, submanagerAgent, ...rest }) => ({
          ...rest,
          ...{ success_criteria: successCriteria, delegation_strategy: strategy },
          submanager_agent: submanagerAgent,
        })),
      });
    case 'diagnose': {
      const { failedWorker: failed_worker, hypotheses, ...rest } = one;
      const guesses = hypotheses.map(({ testWorker: test_worker, ...own }) => ({
        ...own,
        test_worker,
      }));
      return plain({ ...rest, failed_worker, hypotheses: guesses });
    }
  }
}

function writtenEnvelope(one: Envelope) {
  return {
    ...{ worker_id: one.workerId, instructions: one.instructions, skills: one.skills },
    ...{ tools_allowed: one.toolsAllowed, temperature: one.temperature, context: one.context },
    ...{ subtask_id: one.subtaskId, required_tool_invocations: one.requiredTools },
    packages: one.packages,
    timeout: one.timeoutMs === undefined ? undefined : one.timeoutMs / 1000,
    max_tokens: one.maxOutputTokens,
    codemode: one.codemode && {
      enabled: one.codemode.enabled,
      tool_creation: one.codemode.toolCreation,
    },
    ...{ as_submanager: one.asSubmanager, submanager_agent: one.submanagerAgent },
    submanager_budget_fraction: one.budgetShare,
    ...{ inherited_state_keys: one.inherits, forbidden_inheritance_keys: one.forbids },
  };
}

/** Without what is undefined. */
function plain(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value));
}

describe('reading decisions', () => {
  it('gives back any decision as it was written, plain or in a fence', () => {
    fc.assert(
      fc.property(decision, fc.boolean(), (one, isFenced) => {
        const json = JSON.stringify(written(one), undefined, isFenced ? 2 : 0);
        const text = isFenced ? `Here it is:\n\`\`\`json\n${json}\n\`\`\`` : json;
        const expected = one.decision === 'fail' ? { reasoning: 'x', ...one } : one;
        expect(readDecision(text, RULES)).toEqual({ decision: expected, repaired: isFenced });
      }),
    );
  });

  it('takes what the schema of decisions allows', async () => {
    const schema = decisionSchema(testPlan({}, { policy: { ...RULES } }), {
      agentKey: undefined,
      parent: undefined,
    });
    await fc.assert(
      fc.asyncProperty(decision, async (one) => {
        expect(await schemaProblems(schema, { reasoning: 'x', ...written(one) })).toEqual([]);
      }),
    );
  });

  it('gives a decision or a problem for any text', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((json) => `x {"decision": ${json}`),
      decision.map((one) => JSON.stringify(written(one))),
      fc
        .tuple(decision, fc.nat(400))
        .map(([one, end]) => JSON.stringify(written(one)).slice(0, end)),
      fc
        .array(fc.constantFrom(...'{}[]":,\\ \n`ax1', '"decision"', '"delegate"', '```'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(anything, fc.boolean(), (text, isPlanned) => {
        const reading = readDecision(text, isPlanned ? RULES : {});
        if ('problem' in reading) expect(reading.problem).toMatch(/\.$/);
        else expect(reading.decision.decision).toMatch(/^(delegate|complete|fail|plan|diagnose)$/);
      }),
    );
  });

  it('gives the same decision for the same text', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(readDecision(text)).toEqual(readDecision(text));
      }),
    );
  });
});
