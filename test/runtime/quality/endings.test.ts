import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import { resumeRun } from '../../../src/runtime/run.ts';
import {
  complete,
  delegate,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../../make.ts';
import { type ReviewedOptions, reviewed } from './reviewed.ts';

const stub = complete('TODO');

/** What gates said of the endings of a run, and how it ended. */
async function endings(given: ReviewedOptions) {
  const { events, state, asked } = await reviewed(given);
  const gates = events.flatMap((event) => {
    if (event.type === 'gates.passed') return ['passed'];
    if (event.type !== 'gate.rejected') return [];
    return [`${event.data.gate}${event.data.final ? ' for good' : ''}`];
  });
  const { status, ending } = state;
  return { gates, status, reason: ending?.reason, result: ending?.result, events, asked };
}

describe('gates before an ending', () => {
  it('add one event to a run that nothing speaks against', async () => {
    const { gates, events, status } = await endings({});
    expect({ gates, status }).toEqual({ gates: ['passed'], status: 'complete' });
    expect(only(events, 'gates.passed')[0]).toMatchObject({
      agent: '0',
      data: { call: '0/2', gates: ['contract', 'deliverables', 'placeholder', 'files'] },
    });
  });

  it('add none where there are none', async () => {
    const { gates, status } = await endings({
      policy: { gates: [] },
      answers: { manager: [delegate('a'), stub] },
    });
    expect({ gates, status }).toEqual({ gates: [], status: 'complete' });
  });

  it('send a result back with what is wrong with it, as the next turn', async () => {
    const { gates, status, events, asked } = await endings({
      answers: { manager: [delegate('a'), stub, complete('mended')] },
    });
    expect({ gates, status }).toEqual({ gates: ['placeholder', 'passed'], status: 'complete' });
    expect(asked.at(-1)?.text).toContain('- final_result.summary: "TODO" is a placeholder');
    expect(only(events, 'model.asked').at(-1)?.data.purpose).toBe('turn');
  });

  it.each<[string, ReviewedOptions, string[], string]>([
    [
      'a manager that does not hear',
      { answers: { manager: [delegate('a'), stub] } },
      ['placeholder', 'placeholder for good'],
      'gate/placeholder',
    ],
    [
      'the first refusal, when only that is wanted',
      { policy: { rejectedCompletions: 1 }, answers: { manager: [stub] } },
      ['placeholder for good'],
      'gate/placeholder',
    ],
    [
      'a last turn, after which nothing can be asked',
      { options: { budget: { loops: 2 } }, answers: { manager: [delegate('a'), stub] } },
      ['placeholder for good'],
      'gate/placeholder',
    ],
    [
      'turns that are used up by refusals',
      {
        options: { budget: { loops: 5 } },
        policy: { rejectedCompletions: null },
        answers: { manager: [delegate('a'), stub] },
      },
      ['placeholder', 'placeholder', 'placeholder', 'placeholder for good'],
      'gate/placeholder',
    ],
    [
      'work in between, which begins the count anew',
      {
        answers: {
          manager: [delegate('a'), stub, delegate('b'), stub, delegate('c'), stub, stub],
        },
      },
      ['placeholder', 'placeholder', 'placeholder', 'placeholder for good'],
      'gate/placeholder',
    ],
  ])('end a loop partial after %s, with its result', async (_, given, gates, reason) => {
    const found = await endings(given);
    expect(found.gates).toEqual(gates);
    expect(found).toMatchObject({ status: 'partial', reason, result: { summary: 'TODO' } });
  });

  it('let a run that is taken up again mend what they refused', async () => {
    using folder = temporaryFolder();
    const answers = [delegate('a'), stub, stub, stub, complete('mended')];
    const script = ({ headers }: ModelRequest): JsonObject =>
      headers['x-awp-role'] === 'manager'
        ? (answers.shift() ?? {})
        : { summary: 'a', confidence: 0.9 };
    const host = testHost(folder.path, { script });
    const first = await startTestRun(host, testPlan());
    await first.done;
    expect(first.state.ending?.reason).toBe('gate/placeholder');
    const second = await resumeRun(host, { id: 'r-test' });
    await second.done;
    expect(second.state.status).toBe('complete');
    const log = await logOf(host.store);
    const finals = only(log, 'gate.rejected').map(({ data }) => data.final === true);
    expect(finals).toEqual([false, true, false]);
    const reopened = log.findIndex(({ type }) => type === 'run.reopened');
    const [asked] = only(log.slice(reopened), 'model.asked');
    expect(JSON.stringify(asked?.data.messages)).toContain('is a placeholder');
  });

  it('keep the reason of a limit that ended the work', async () => {
    const { status, reason, gates } = await endings({
      options: { budget: { workers: 1 } },
      answers: { manager: [delegate('a'), delegate('b'), stub] },
    });
    expect(gates.at(-1)).toBe('placeholder for good');
    expect({ status, reason }).toEqual({ status: 'partial', reason: 'budget/workers' });
  });

  it.each<[string, JsonObject, JsonObject, string]>([
    ['a placeholder', {}, stub, 'gate/placeholder'],
    [
      'a contract that is not met in its last turn',
      { output_contract: { required_fields: ['mean'] } },
      complete('no mean'),
      'gate/contract',
    ],
  ])('stand before those of a sub-manager, too: %s', async (_, more, answer, reason) => {
    const { state, events } = await reviewed({
      policy: { rejectedCompletions: 1 },
      answers: {
        manager: [
          delegate({ worker_id: 'sub', instructions: 'x', as_submanager: true, ...more }),
          complete(),
        ],
        submanager: [delegate('a'), answer],
      },
      options: { budget: { loops: 8 } },
    });
    const [rejected] = only(events, 'gate.rejected');
    expect(rejected).toMatchObject({ agent: '1.1', data: { final: true } });
    expect(state.frames.get('1.1')?.outcome).toMatchObject({ status: 'partial', reason });
    expect(state.status).toBe('complete');
  });

  const writes = (files: Record<string, string>) => ({
    worker: (name: string, request: { messages: readonly { role: string }[] }): JsonObject => {
      if (request.messages.at(-1)?.role === 'tool') return { summary: name, confidence: 0.9 };
      const calls = Object.entries(files).filter(([path]) => path.startsWith(name));
      if (calls.length === 0) return { summary: name, confidence: 0.9 };
      return {
        toolCalls: calls.map(([path, content]) => ({
          name: 'file.write',
          args: { path: `output/${path.slice(name.length + 1)}`, content },
        })),
      };
    },
  });

  it('look into the files of the workers, and let one be written again', async () => {
    const { gates, status } = await endings({
      answers: {
        manager: [delegate('a'), complete(), delegate('b'), complete()],
        ...writes({ 'a/data.csv': 'x,y\n', 'b/data.csv': 'x,y\n1,2\n' }),
      },
    });
    expect({ gates, status }).toEqual({ gates: ['files', 'passed'], status: 'complete' });
  });

  it('refuse a result that names files which are not there', async () => {
    const { gates, status, reason } = await endings({
      answers: {
        manager: [delegate('a'), complete('see output/chart.png')],
        ...writes({ 'a/data.csv': 'x,y\n1,2\n' }),
      },
    });
    expect(gates).toEqual(['deliverables', 'deliverables for good']);
    expect({ status, reason }).toEqual({ status: 'partial', reason: 'gate/deliverables' });
  });

  it('hold files against the schemas of the plan, and parts against what they owe', async () => {
    const plan = {
      decision: 'plan',
      subtasks: [
        {
          ...{ id: 'a', description: 'make data', required_outputs: ['data.json'] },
          schemas: { 'data.json': { type: 'object', required: ['mean'] } },
        },
      ],
    };
    const given = (content: string): ReviewedOptions => ({
      policy: { planning: { maxSubtasks: 5, commit: 'advisory' } },
      answers: {
        manager: [plan, delegate('a'), complete()],
        ...writes(content === '' ? {} : { 'a/data.json': content }),
      },
    });
    const outcomes = [];
    for (const content of ['', '{"median": 1}', '{"mean": 1}']) {
      const { gates, events } = await endings(given(content));
      const [first] = only(events, 'gate.rejected');
      outcomes.push([gates[0], first?.data.defects[0]?.replace(/:.*/, '')]);
    }
    expect(outcomes).toEqual([
      ['deliverables', 'data.json'],
      ['deliverables', 'data.json'],
      ['passed', undefined],
    ]);
  });
});
