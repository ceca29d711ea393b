import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../src/base/json.ts';
import type { LoopPlan } from '../../src/events/plan.ts';
import { resultOf } from '../../src/events/result.ts';
import type { Capabilities, ModelRequest } from '../../src/ports/model-provider.ts';
import { UNKNOWN } from '../../src/providers/capabilities.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import {
  askedBy,
  complete,
  delegate,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';

/** A run of which every question is kept; the manager's model can do what is said. */
async function runWith(
  can: Partial<Capabilities>,
  answers: readonly ScriptedAnswer[],
  plan: LoopPlan = testPlan(),
) {
  using folder = temporaryFolder();
  const store = memoryStore({ folder: folder.path });
  const asked: ModelRequest[] = [];
  let turn = 0;
  const provider = scriptedModel((request) => {
    asked.push(request);
    if (askedBy(request) !== 'manager') return { summary: 'x', confidence: 0.9 };
    return answers[turn++] ?? complete();
  });
  const host = testHost(folder.path, { script: provider, store });
  const capabilities = { ...UNKNOWN, ...can };
  const run = await startTestRun(
    {
      ...host,
      models: (model) => ({ ...host.models(model), ...(model === 'boss' && { capabilities }) }),
    },
    { ...plan, manager: { ...plan.manager, model: 'boss' } },
  );
  await run.done;
  const result = resultOf(run.state, folder.path);
  return {
    result,
    events: await logOf(store),
    asked: asked.filter((one) => askedBy(one) === 'manager'),
    workers: asked.filter((one) => askedBy(one) !== 'manager'),
  };
}

const call = (args: JsonObject, name = 'decide') => ({ toolCalls: [{ name, args }] });

describe("a manager's decision is asked for", () => {
  it.each<[string, Partial<Capabilities>, string]>([
    ['in words, where nothing is known of its model', {}, 'words'],
    ['in words, where its model can neither', { structuredOutput: false, tools: false }, 'words'],
    ['in words, where that was switched off', { structuredOutput: false, tools: true }, 'words'],
    [
      'by a schema, where the service holds answers to one',
      { structuredOutput: true, tools: true },
      'schema',
    ],
    ['by a tool, where only tools are known', { tools: true }, 'tool'],
  ])('%s', async (_, can, way) => {
    const first = way === 'tool' ? call(delegate('a')) : delegate('a');
    const last = way === 'tool' ? call(complete('all done')) : complete('all done');
    const { result, asked, workers, events } = await runWith(can, [first, last]);
    expect(result).toMatchObject({ status: 'complete', text: 'all done' });
    expect(asked).toHaveLength(2);
    for (const request of asked) {
      expect(request.responseSchema !== undefined).toBe(way === 'schema');
      expect(request.tools.map(({ name }) => name)).toEqual(way === 'tool' ? ['decide'] : []);
      expect(request.toolChoice).toEqual(way === 'tool' ? { tool: 'decide' } : 'none');
    }
    // It is the same in each turn, so that caches of prompts hold.
    expect(asked[1]?.responseSchema).toEqual(asked[0]?.responseSchema);
    expect(workers.map((request) => request.responseSchema)).toEqual([undefined]);
    // The log has the decision in words, however it was handed in.
    const said = only(events, 'model.responded').filter(({ agent }) => agent === '0');
    expect(said.map(({ data }) => [JSON.parse(data.text), data.toolCalls])).toEqual([
      [delegate('a'), []],
      [complete('all done'), []],
    ]);
  });

  it.each<[string, Partial<Capabilities>, ScriptedAnswer]>([
    [
      'words, although a schema was asked for',
      { structuredOutput: true },
      'Sure: ```json\n{"decision":"complete","final_result":{"summary":"done"}}\n```',
    ],
    ['words, although a tool was to be called', { tools: true }, complete()],
    ['a call, although no tool was offered', { structuredOutput: true }, call(complete())],
    [
      'arguments that are no JSON',
      { tools: true },
      call({ _unparsed: `{"decision":"complete","final_result":{"summary":"done",}}` }),
    ],
    ['words and a call', { tools: true }, { ...call(complete()), text: 'I am done.' }],
  ])('and is read from %s', async (_, can, answer) => {
    const { result, events } = await runWith(can, [answer]);
    expect(result).toMatchObject({ status: 'complete', text: 'done' });
    expect(only(events, 'manager.rejected')).toEqual([]);
  });

  it.each([
    ['another tool', call(complete(), 'file.read')],
    ['no decision', call({ note: 'x' })],
    ['arguments that are nothing', call({ _unparsed: 'nothing' })],
  ])('and is asked for again after a call of %s', async (_, answer) => {
    const { result, events } = await runWith({ tools: true }, [answer, call(complete())]);
    expect(result.status).toBe('complete');
    expect(only(events, 'manager.rejected')).toHaveLength(1);
  });

  it('by no tool, where the model is to think', async () => {
    const plan = testPlan();
    const manager = { ...plan.manager, reasoning: 'high' as const };
    const { asked } = await runWith({ tools: true }, [complete()], { ...plan, manager });
    expect(asked[0]?.tools).toEqual([]);
  });

  it('of those decisions that are enabled, with the typed output in the result', async () => {
    const output = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { total: { $ref: '#/$defs/money' } },
      required: ['total'],
      $defs: { money: { type: 'number' } },
    };
    const policy = { planning: { maxSubtasks: 3, commit: 'advisory' as const } };
    const typed = { decision: 'complete', final_result: { output: { total: 3 } } };
    const { asked, result } = await runWith(
      { structuredOutput: true },
      [typed],
      testPlan({}, { output, policy }),
    );
    expect(result.output).toEqual({ total: 3 });
    expect(asked[0]?.responseSchema).toMatchObject({
      $defs: output.$defs,
      properties: {
        decision: { enum: ['delegate', 'complete', 'fail', 'plan'] },
        final_result: {
          required: ['output'],
          properties: { output: { properties: output.properties, required: ['total'] } },
        },
      },
    });
    const { properties } = asked[0]?.responseSchema ?? {};
    expect(Object.keys(isObject(properties) ? properties : {})).not.toContain('hypotheses');
  });

  it.each([
    ['itself', { properties: { next: { $ref: '#' } } }],
    ['another document', { $ref: 'https://example.org/schema.json' }],
    ['an anchor', { $anchor: 'top', properties: { next: { $ref: '#top' } } }],
  ])(
    'without a typed output that refers to %s: it would mean something else there',
    async (_, output) => {
      const answer = { decision: 'fail', reason: 'x' };
      const { asked } = await runWith(
        { structuredOutput: true },
        [answer],
        testPlan({}, { output }),
      );
      expect(asked[0]?.responseSchema).toMatchObject({
        properties: { final_result: { properties: { output: {} } } },
      });
      expect(JSON.stringify(asked[0]?.responseSchema)).not.toContain('$ref');
    },
  );
});

describe('what was not read of a decision', () => {
  it('is told to the manager in its next question', async () => {
    const many = delegate('a', { worker_id: 'b' }, { instructions: 'x' });
    const { asked, events } = await runWith({}, [many]);
    const last = asked[1]?.messages.at(-1)?.text ?? '';
    expect(last).toContain(
      '2 delegations were not read: too many, or without an id or instructions.',
    );
    expect(only(events, 'manager.decided')[0]?.data).toMatchObject({ unread: 2 });
  });
});
