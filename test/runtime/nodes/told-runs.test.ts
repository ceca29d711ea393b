import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/base/hash.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import type { LiveEvent, RunEvent } from '../../../src/events/event.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { PlanAgent, PlanGraph } from '../../../src/events/plan-graph.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import { type ScriptedAnswer, scriptedModel } from '../../../src/providers/scripted.ts';
import { follow } from '../../../src/runtime/follow.ts';
import { startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { askedBy, logOf, only, temporaryFolder, testHost } from '../../make.ts';
import { graphPlan, planAgent, planGraph, planState, type TestNode } from '../graphs.ts';

interface Case {
  nodes?: Readonly<Record<string, TestNode>>;
  agents?: Readonly<Record<string, Partial<PlanAgent>>>;
  graph?: Partial<PlanGraph>;
  sharing?: Partial<PlanGraph['state']['sharing']>;
  plan?: Partial<Plan>;
  /** Answers of each agent, one after the other. */
  answers: Readonly<Record<string, readonly ScriptedAnswer[]>>;
  /** Called before each answer. */
  asked?: (request: ModelRequest) => void;
}

const CHAIN = { read: { agent: 'read' }, write: { agent: 'write', after: ['read'] } };

function planOf({ nodes = CHAIN, agents = {}, graph, sharing, plan }: Case): Plan {
  const state = planState();
  const made = planGraph(nodes, {
    state: { ...state, sharing: { ...state.sharing, ...sharing } },
    ...graph,
  });
  const whole = graphPlan(made, { task: 'Write about bees.' });
  const changed = Object.entries(agents).map(([id, more]) => [id, planAgent(id, more)]);
  return { ...whole, agents: { ...whole.agents, ...Object.fromEntries(changed) }, ...plan };
}

const output = (change: Partial<PlanAgent['output']>): Partial<PlanAgent> => ({
  output: { ...planAgent('a').output, ...change },
});

async function run(folder: string, given: Case) {
  const requests: ModelRequest[] = [];
  const script = (request: ModelRequest): ScriptedAnswer => {
    given.asked?.(request);
    const who = askedBy(request);
    const before = requests.filter((one) => askedBy(one) === who).length;
    requests.push(request);
    return given.answers[who]?.[before] ?? new Error(`nothing is left for ${who}`);
  };
  const host = testHost(folder, { script: scriptedModel(script), store: memoryStore({ folder }) });
  const started = await startRun(host, { id: 'r-test', plan: planOf(given), inputs: [] });
  const seen: (RunEvent | LiveEvent)[] = [];
  const watching = (async () => {
    const pieces = started.withPieces((signal) => follow(host.store, 'r-test', { signal }));
    for await (const event of pieces) seen.push(event);
  })();
  await started.done;
  await watching;
  const log = await logOf(host.store);
  const texts = (who: string, nth = 0): string[] =>
    requests.filter((one) => askedBy(one) === who)[nth]?.messages.map(({ text }) => text) ?? [];
  return { state: started.state, log, requests, texts, seen };
}

describe('agents of a graph', () => {
  it('are told what those before them answered, and answer in turn', async () => {
    using folder = temporaryFolder();
    const { state, texts, log } = await run(folder.path, {
      answers: { read: [{ facts: 3 }], write: [{ text: 'Bees.', confidence: 0.9 }] },
    });
    expect(state.ending?.result).toEqual({
      read: { facts: 3, confidence: 0.5 },
      write: { text: 'Bees.', confidence: 0.9 },
    });
    expect(texts('write')[1]).toContain('"facts": 3');
    expect(texts('read')[1]).not.toContain('Earlier results');
    expect(only(log, 'model.asked')[0]?.data).not.toHaveProperty('files');
  });

  it('are told to services as agents, with what their files say of the model', async () => {
    using folder = temporaryFolder();
    const { requests } = await run(folder.path, {
      agents: {
        read: {
          topP: 0.4,
          toolChoice: 'required',
          parallelCalls: false,
          tools: ['arithmetic.add'],
        },
      },
      answers: {
        read: [{ toolCalls: [{ name: 'arithmetic.add', args: { a: 1, b: 2 } }] }, { facts: 3 }],
        write: [{ text: 'Bees.' }],
      },
    });
    expect(requests.map(({ headers }) => headers['x-awp-role'])).toEqual([
      'agent',
      'agent',
      'agent',
    ]);
    expect(requests.map(({ toolChoice }) => toolChoice)).toEqual(['required', 'auto', 'auto']);
    expect(requests[0]).toMatchObject({ topP: 0.4, parallelCalls: false });
    expect(requests[2]).not.toHaveProperty('topP');
  });

  it.each<[string, string | { tool: string }]>([
    ['arithmetic.add', { tool: 'arithmetic.add' }],
    ['file.write', 'auto'],
    ['none', 'none'],
    ['auto', 'auto'],
  ])('that are to call %s are asked with %j', async (toolChoice, sent) => {
    using folder = temporaryFolder();
    const { requests } = await run(folder.path, {
      nodes: { read: { agent: 'read' } },
      agents: { read: { toolChoice, tools: ['arithmetic.add'] } },
      answers: { read: [{ facts: 3 }] },
    });
    expect(requests[0]?.toolChoice).toEqual(sent);
  });

  it('find in a file what their prompt has no room for, before the question is on its way', async () => {
    using folder = temporaryFolder();
    const text = 'long '.repeat(2000);
    const path = join(folder.path, 'r-test/workspace/context/2/read.json');
    const there: boolean[] = [];
    const { texts, log } = await run(folder.path, {
      graph: { context: { totalChars: 500, minPerEntry: 100, previewChars: 50 } },
      agents: { write: { tools: ['file.read', 'file.list'] } },
      answers: {
        read: [{ text }],
        write: [
          {
            toolCalls: [
              { name: 'file.read', args: { path: 'inputs/context/read.json' } },
              { name: 'file.list', args: { path: 'inputs/context' } },
            ],
          },
          { text: 'Bees.' },
        ],
      },
      asked: (request) => there.push(askedBy(request) === 'write' && existsSync(path)),
    });
    expect(there).toEqual([false, true, true]);
    expect(texts('write')[1]).toContain('all of it is in inputs/context/read.json');
    expect(texts('write')[1]?.length).toBeLessThan(2500);
    const returned = (tool: string) =>
      only(log, 'tool.returned').find(({ data }) => data.tool === tool);
    const [read, list] = [returned('file.read'), returned('file.list')];
    expect(read?.data).toMatchObject({ ok: true });
    expect(JSON.stringify(read?.data.data)).toContain('long long');
    expect(JSON.stringify(list?.data.data)).toContain('inputs/context/read.json');
  });

  it('see the files of those before them, and no others', async () => {
    using folder = temporaryFolder();
    const writes = (path: string) => ({
      toolCalls: [{ name: 'file.write', args: { path, content: path } }],
    });
    const lists = { toolCalls: [{ name: 'file.list', args: { path: 'shared' } }] };
    const tools = { tools: ['file.*'] };
    const { log } = await run(folder.path, {
      nodes: { ...CHAIN, aside: { agent: 'aside' } },
      agents: { read: tools, aside: tools, write: tools },
      answers: {
        read: [writes('facts.txt'), { ok: true }],
        aside: [writes('gossip.txt'), { ok: true }],
        write: [lists, { ok: true }],
      },
    });
    const listed = only(log, 'tool.returned').find(({ data }) => data.tool === 'file.list');
    expect(JSON.stringify(listed?.data.data)).toContain('shared/facts.txt');
    expect(JSON.stringify(listed?.data.data)).not.toContain('gossip');
  });
});

describe('an answer against the file of its agent', () => {
  const one = { nodes: { read: { agent: 'read' } } };

  it('is sent back with the problems, in the words of the file', async () => {
    using folder = temporaryFolder();
    const { state, texts } = await run(folder.path, {
      ...one,
      agents: { read: output({ required: ['facts'], retryPrompt: 'No: {{problems}}' }) },
      answers: { read: [{ x: 1 }, { facts: 3 }] },
    });
    expect(texts('read', 1).at(-1)).toBe('No: the field "facts" is missing.');
    expect(state.ending?.result).toEqual({ read: { facts: 3, confidence: 0.5 } });
  });

  it.each<[PlanAgent['output']['onInvalid'], string, string, JsonObject]>([
    ['abort', 'failed', 'model/bad-answer', {}],
    ['use_partial', 'complete', '', { read: { x: 2, confidence: 0.5 } }],
    ['skip', 'complete', '', { read: {} }],
  ])('that never does: %s', async (onInvalid, status, reason, result) => {
    using folder = temporaryFolder();
    const { state, log } = await run(folder.path, {
      ...one,
      agents: { read: output({ required: ['facts'], repairs: 1, onInvalid }) },
      answers: { read: [{ x: 1 }, { x: 2 }] },
    });
    expect([state.status, state.ending?.reason ?? '']).toEqual([status, reason]);
    if (status === 'complete') expect(state.ending?.result).toEqual(result);
    const problems = only(log, 'output.checked').map(({ data }) => data.problems);
    expect(problems).toEqual(Array(2).fill(['the field "facts" is missing']));
  });

  it('is the text itself where the file says so', async () => {
    using folder = temporaryFolder();
    const { state } = await run(folder.path, {
      ...one,
      agents: { read: output({ format: 'markdown' }) },
      answers: { read: ['```\n# Bees\n```'] },
    });
    expect(state.ending).toMatchObject({
      text: '# Bees',
      result: { read: { result: '# Bees', confidence: 0.5 } },
    });
  });

  it('may not write the keys of the runtime', async () => {
    using folder = temporaryFolder();
    const { state, log } = await run(folder.path, {
      ...one,
      answers: { read: [{ facts: 3, _meta: { run: 'mine' } }] },
    });
    expect(state.ending?.result).toEqual({ read: { facts: 3, confidence: 0.5 } });
    expect(only(log, 'state.refused').map(({ agent, data }) => [agent, data])).toEqual([
      ['0', { node: 'read', key: '_meta', reason: 'the key belongs to the runtime' }],
    ]);
  });
});

describe('what is not shared', () => {
  it('is in no event, no piece and no prompt when it is sensitive', async () => {
    using folder = temporaryFolder();
    const { state, log, seen, requests } = await run(folder.path, {
      agents: {
        read: output({
          validation: 'strict',
          schema: { type: 'object', properties: { pin: { type: 'integer' } } },
          sensitive: ['pin'],
        }),
      },
      sharing: { sensitive: ['password'] },
      answers: {
        read: [{ pin: 987_654, login: { password: 'hunter22' }, name: 'n' }],
        write: [{ text: 'Bees.' }],
      },
    });
    expect(state.status).toBe('complete');
    const all = JSON.stringify([log, seen, requests]);
    expect(all).not.toContain('987654');
    expect(all).not.toContain('hunter22');
    expect(state.ending?.result.read).toEqual({
      ...{ pin: '[redacted]', login: { password: '[redacted]' }, name: 'n', confidence: 0.5 },
    });
  });

  it('is in no event and no prompt when the whole of a node is sensitive', async () => {
    using folder = temporaryFolder();
    const { state, log, requests } = await run(folder.path, {
      agents: {
        read: output({
          validation: 'strict',
          schema: { type: 'object', properties: { pin: { type: 'integer' } }, required: ['pin'] },
        }),
      },
      sharing: { sensitive: ['read'] },
      answers: { read: [{ pin: 987_654 }], write: [{ text: 'Bees.' }] },
    });
    expect(state.status).toBe('complete');
    expect(JSON.stringify([log, requests])).not.toContain('987654');
    expect(state.ending?.result.read).toEqual({ pin: '[redacted]', confidence: 0.5 });
  });

  it.each<['strict' | 'warn' | 'none', string, string | undefined, number]>([
    ['strict', 'failed', 'state/not-shared', 1],
    ['warn', 'complete', undefined, 1],
    ['none', 'complete', undefined, 0],
  ])('and asked for: %s', async (validation, status, reason, events) => {
    using folder = temporaryFolder();
    const { state, log, requests } = await run(folder.path, {
      nodes: { ...CHAIN, write: { ...CHAIN.write, shareInput: { read: ['facts', 'notes'] } } },
      sharing: { validation, never: ['notes'] },
      answers: { read: [{ facts: 3, notes: 'NOTES' }], write: [{ text: 'Bees.' }] },
    });
    expect([state.status, state.ending?.reason]).toEqual([status, reason]);
    expect(only(log, 'state.refused')).toHaveLength(events);
    const told = requests.filter((one) => askedBy(one) === 'write');
    expect(told).toHaveLength(status === 'failed' ? 0 : 1);
    expect(JSON.stringify(told)).not.toContain('NOTES');
  });
});

describe('an agent that sees', () => {
  const vision = { formats: ['png'], maxImages: 3, maxBytes: 1000 };
  const inputs: Plan['inputs'] = [
    {
      ...{ name: 'photo', kind: 'file', path: 'photo.png', bytes: 5 },
      ...{ sha256: sha256('PHOTO'), description: '{}' },
    },
  ];
  const place = (folder: string): void => {
    mkdirSync(join(folder, 'r-test/inputs'), { recursive: true });
    writeFileSync(join(folder, 'r-test/inputs/photo.png'), 'PHOTO');
  };
  const given: Case = {
    nodes: { read: { agent: 'read' } },
    agents: { read: { vision: { ...vision, model: 'eyes' } } },
    plan: { inputs },
    answers: { read: [{ facts: 3 }] },
  };

  it('is shown the images of the run, by the model that it has for them', async () => {
    using folder = temporaryFolder();
    place(folder.path);
    const { requests, log } = await run(folder.path, given);
    const [request] = requests;
    expect(request?.model).toBe('eyes');
    expect(Buffer.from(request?.images?.get(sha256('PHOTO')) ?? []).toString()).toBe('PHOTO');
    const [asked] = only(log, 'model.asked');
    expect(asked?.data.messages[1]).toMatchObject({
      images: [{ path: 'inputs/photo.png', type: 'image/png', sha256: sha256('PHOTO') }],
    });
    expect(asked?.data.reserved.tokens).toBeGreaterThan(3000);
    expect(JSON.stringify(log)).not.toContain('PHOTO');
  });

  it('fails without asking anybody when an image is not what it was', async () => {
    using folder = temporaryFolder();
    place(folder.path);
    writeFileSync(join(folder.path, 'r-test/inputs/photo.png'), 'OTHER');
    const { state, requests } = await run(folder.path, given);
    expect([state.status, state.ending?.reason, requests.length]).toEqual([
      ...['failed', 'model/no-image', 0],
    ]);
  });

  it('does not start with a model that cannot see', async () => {
    using folder = temporaryFolder();
    const host = testHost(folder.path, { script: [] });
    const { models } = host;
    const blind = {
      ...host,
      models: (name: string) => ({
        ...models(name),
        capabilities: {
          ...{ tools: true, parallelTools: null, structuredOutput: null, vision: false },
          ...{ reasoning: null, cacheMarkers: null, contextTokens: null, maxOutputTokens: null },
        },
      }),
    };
    const start = (plan: Plan) => startRun(blind, { id: 'r-test', plan, inputs: [] });
    await expect(start(planOf(given))).rejects.toMatchObject({
      code: 'model/no-vision',
      message: 'the model eyes cannot see images',
      hint: 'name one that can in vision.model, or set vision.enabled to false',
    });
    const run = await start(planOf({ ...given, plan: { inputs: [] } }));
    await run.done;
  });
});
