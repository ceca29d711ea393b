import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecisionRules, readDecision, unused } from '../../../src/runtime/engines/decision.ts';

const BOTH: DecisionRules = {
  planning: { maxSubtasks: 5, commit: 'advisory' },
  diagnosis: { maxHypotheses: 2, threshold: 0.5 },
};
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
      'a result of other names beside an empty one',
      '{"decision":"complete","final_result":{},"report_md":"# x","chart_paths":["a.svg"]}',
      { decision: 'complete', result: { report_md: '# x', chart_paths: ['a.svg'] } },
      false,
    ],
    [
      'a result that is written inside of a text',
      JSON.stringify({ decision: 'complete', final_result: '{"output": 1}' }),
      { decision: 'complete', result: { output: 1 } },
      false,
    ],
    [
      'a result without its last brackets',
      '{"decision":"complete","final_result":{"summary":"x"',
      { decision: 'complete', result: { summary: 'x' } },
      true,
    ],
    [
      'delegations that are written inside of a text',
      JSON.stringify({ decision: 'delegate', delegations: JSON.stringify([worker]) }),
      delegateToA,
      false,
    ],
    [
      'delegations of which the last is cut off',
      `{"decision":"delegate","delegations":[${JSON.stringify(worker)},{"worker_id":"b","instr`,
      { ...delegateToA, unread: 1 },
      true,
    ],
    [
      'delegations beside an unknown word',
      JSON.stringify({ decision: 'incomplete', delegations: [worker] }),
      delegateToA,
      false,
    ],
    [
      'delegations beside parts of a plan, where planning is off',
      JSON.stringify({ subtasks: [{ id: 'x', description: 'y' }], delegations: [worker] }),
      delegateToA,
      false,
    ],
    [
      'a decision inside of the field for it',
      JSON.stringify({ decision: { decision: 'delegate', delegations: [worker] } }),
      delegateToA,
      true,
    ],
    [
      'a confidence that is none',
      '{"decision":"complete","final_result":{"summary":"x"},"confidence":1e999}',
      { decision: 'complete', result: { summary: 'x' } },
      false,
    ],
    [
      'fail without a reason',
      '{"decision":"abort","confidence":0.5}',
      { decision: 'fail', reason: 'the manager gave no reason' },
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
    [
      'a result that is cut off',
      '{"decision":"complete","final_result":{"summary":"x","more":"half',
    ],
    ['a list of decisions', '[{"decision":"fail"},{"decision":"fail"}]'],
    ['a number', '42'],
    ['a delegation alone', JSON.stringify(worker)],
    ['one piece of content', '{"answer":"x"}'],
    ['no delegations', '{"decision":"delegate","delegations":[]}'],
    ['delegations that are none', '{"decision":"delegate","delegations":["a",1,null,[]]}'],
    [
      'a plan, where planning is off',
      '{"decision":"plan","subtasks":[{"id":"a","description":"x"}]}',
    ],
    ['a diagnosis, where diagnosing is off', '{"hypotheses":[{"cause":"x"}],"failed_worker":"a"}'],
  ])('says what is wrong with %s', (_, text) => {
    expect(readDecision(text)).toEqual({ problem: expect.stringMatching(/\.$/) });
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

  it('takes no decision out of a text that is data', () => {
    const decision = JSON.stringify({ decision: 'fail', reason: 'x' });
    for (const key of ['reasoning', 'note', 'summary', 'output']) {
      const reading = readDecision(JSON.stringify({ [key]: decision, more: 'x' }));
      expect(reading).not.toMatchObject({ decision: { decision: 'fail' } });
    }
  });

  it('says which decisions there are', () => {
    const complaint = (rules: DecisionRules) => readDecision('{"decision":"ponder"}', rules);
    expect(complaint({})).toEqual({
      problem: 'the field "decision" must be "delegate", "complete" or "fail".',
    });
    expect(complaint(BOTH)).toEqual({
      problem: 'the field "decision" must be "delegate", "complete", "fail", "plan" or "diagnose".',
    });
    expect(readDecision('{"decision":"plan","subtasks":[]}')).toEqual({
      problem: 'planning is not enabled; "decision" must be "delegate", "complete" or "fail".',
    });
  });

  it('takes the next free number for a name that is taken', () => {
    expect(unused('a', (name) => ['a', 'a-2'].includes(name))).toBe('a-3');
  });
});
