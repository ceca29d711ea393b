import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDecision, unused } from '../../../src/runtime/engines/decision.ts';

const worker = { worker_id: 'a', instructions: 'do it' };
const delegateToA = {
  decision: 'delegate',
  delegations: [{ workerId: 'a', instructions: 'do it' }],
};

describe("reading a manager's answer", () => {
  it.each([
    [
      'plain JSON',
      JSON.stringify({ decision: 'delegate', delegations: [worker] }),
      delegateToA,
      false,
    ],
    [
      'a code fence',
      `Sure:\n\`\`\`json\n${JSON.stringify({ decision: 'delegate', delegations: [worker] })}\n\`\`\``,
      delegateToA,
      true,
    ],
    [
      'prose around it',
      `I think {this} is right: ${JSON.stringify({ decision: 'delegate', delegations: [worker] })} ok?`,
      delegateToA,
      true,
    ],
    [
      'an answer inside of a text',
      JSON.stringify({ result: JSON.stringify({ decision: 'delegate', delegations: [worker] }) }),
      delegateToA,
      true,
    ],
    [
      'a wrapping key',
      JSON.stringify({ response: { decision: 'delegate', delegations: [worker] } }),
      delegateToA,
      true,
    ],
    [
      'workers with id',
      JSON.stringify({ workers: [{ id: 'a', instructions: 'do it' }] }),
      delegateToA,
      false,
    ],
    [
      'tasks with task',
      JSON.stringify({ decision: 'assign', tasks: [{ id: 'a', task: 'do it' }] }),
      delegateToA,
      false,
    ],
    [
      'raw line breaks and a comma too many',
      '{"decision": "delegate", "delegations": [{"worker_id": "a", "instructions": "do it",},]}',
      delegateToA,
      true,
    ],
    [
      'complete',
      '{"decision":"complete","final_result":{"summary":"x"},"confidence":0.5}',
      { decision: 'complete', result: { summary: 'x' }, confidence: 0.5 },
      false,
    ],
    [
      'complete in other words',
      '{"decision":"Task is DONE.","final_result":"x"}',
      { decision: 'complete', result: { summary: 'x' } },
      false,
    ],
    [
      'content without a decision',
      '{"summary":"x","charts":["a.svg"]}',
      { decision: 'complete', result: { summary: 'x', charts: ['a.svg'] } },
      false,
    ],
    [
      'fail',
      '{"decision":"fail","reason":"no data","partial_result":{"n":1}}',
      { decision: 'fail', reason: 'no data', partial: { n: 1 } },
      false,
    ],
  ])('understands %s', (_, text, decision, repaired) => {
    expect(readDecision(text)).toEqual({ decision, repaired });
  });

  it.each([
    ['nothing', ''],
    ['prose', 'I will delegate this.'],
    ['an array', '[1, 2]'],
    ['an unknown decision', '{"decision":"ponder"}'],
    ['"incomplete", which is no completion', '{"decision":"incomplete"}'],
    [
      'delegations without instructions',
      '{"decision":"delegate","delegations":[{"worker_id":"a"}]}',
    ],
    ['an error alone', '{"error":"x"}'],
    ['JSON that is cut off', '{"decision":"complete","final_result":{"summary":"x"'],
  ])('says what is wrong with %s', (_, text) => {
    expect(readDecision(text)).toEqual({ problem: expect.stringMatching(/\.$/) });
  });

  it.each([
    ['too warm', 7, 2],
    ['too cold', -1, 0],
    ['no number', 'hot', undefined],
  ])('keeps temperatures from 0 to 2: %s', (_, given, kept) => {
    const text = JSON.stringify({
      decision: 'delegate',
      delegations: [{ ...worker, temperature: given }],
    });
    const reading = readDecision(text);
    expect(reading).toMatchObject({ decision: { delegations: [{ workerId: 'a' }] } });
    const delegations =
      'decision' in reading && reading.decision.decision === 'delegate'
        ? reading.decision.delegations
        : [];
    expect(delegations[0]?.temperature).toBe(kept);
  });

  it('reads both spellings of an output contract', () => {
    const contracts = [
      { required_fields: ['a', 'b'], description: 'x' },
      { a: { type: 'number', description: 'the a' }, b: 'the b' },
    ];
    const delegations = contracts.map((output_contract, index) => ({
      worker_id: `w${index}`,
      instructions: 'x',
      output_contract,
    }));
    expect(readDecision(JSON.stringify({ decision: 'delegate', delegations }))).toMatchObject({
      decision: {
        delegations: [
          { contract: { requiredFields: ['a', 'b'], description: 'x' } },
          {
            contract: { requiredFields: ['a', 'b'], description: expect.stringContaining('the b') },
          },
        ],
      },
    });
  });

  it('makes worker ids safe and unique, and keeps fields that it does not know', () => {
    const delegations = ['a/../b', 'a', 'a', 'constructor'].map((worker_id) => ({
      worker_id,
      instructions: 'x',
      priority: 1,
    }));
    expect(readDecision(JSON.stringify({ decision: 'delegate', delegations }))).toMatchObject({
      decision: {
        delegations: [
          { workerId: 'a_.._b', extra: { priority: 1 } },
          { workerId: 'a' },
          { workerId: 'a-2' },
          { workerId: 'constructor' },
        ],
      },
    });
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `x {"a": ${json}`),
        ),
        (text) => {
          expect(readDecision(text)).toBeTypeOf('object');
        },
      ),
    );
  });

  it('takes the next free number for a name that is taken', () => {
    expect(unused('a', (name) => ['a', 'a-2'].includes(name))).toBe('a-3');
  });
});
