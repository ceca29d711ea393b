import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { Secret } from '../../src/base/secret.ts';
import { foldAll } from '../../src/events/reduce.ts';
import type { Taint } from '../../src/events/taint.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import type { Tool } from '../../src/ports/tool.ts';
import type { Script } from '../../src/providers/scripted.ts';
import type { RunContext } from '../../src/runtime/context.ts';
import { taintOfCall } from '../../src/runtime/tools/taint.ts';
import { builtinTools } from '../../src/tools/index.ts';
import {
  askedBy,
  complete,
  delegate,
  logOf,
  only,
  startTestRun,
  type TestHostOptions,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';
import { countingTool, type WorkerCall } from './calling.ts';

const isManager = ({ headers }: ModelRequest): boolean => headers['x-awp-role'] === 'manager';
const rounds = ({ messages }: ModelRequest): number =>
  messages.filter(({ role }) => role === 'assistant').length;

interface Case {
  tools: readonly Tool[];
  /** Workers of each turn, and what each calls. */
  turns: readonly Readonly<Record<string, readonly WorkerCall[]>>[];
  change?: Parameters<typeof testPlan>[1];
  host?: Partial<TestHostOptions>;
}

/** A run of these turns: its log, what its manager was told, and what each agent's context holds. */
async function ran({ tools, turns, change = {}, host: more }: Case) {
  using folder = temporaryFolder();
  const told: string[] = [];
  const script: Script = (request) => {
    const round = rounds(request);
    if (isManager(request)) {
      told.push(request.messages.at(-1)?.text ?? '');
      const turn = turns[round];
      return turn ? delegate(...Object.keys(turn)) : complete();
    }
    const who = askedBy(request);
    const calls = turns.flatMap((turn) => (round === 0 ? (turn[who] ?? []) : []));
    if (calls.length === 0) return { summary: who, confidence: 1 };
    return { toolCalls: calls.map(([name, args = {}]) => ({ name, args })) };
  };
  const plain = builtinTools.filter(({ needsBox }) => !needsBox);
  const host = testHost(folder.path, { script, tools: [...plain, ...tools], ...more });
  const plan = testPlan({}, change);
  const run = await startTestRun(host, {
    ...plan,
    worker: { ...plan.worker, tools: ['*.*', 'mine.*', 'web.l*'] },
  });
  await run.done;
  const log = await logOf(host.store);
  const held = Object.fromEntries(
    [...foldAll('r-test', log).frames.values()].map(({ name, taint }) => [
      name,
      [...(taint ?? [])],
    ]),
  );
  return { log, told, held: held as Record<string, Taint[]> };
}

const web = countingTool('web.look', { network: true });
const mcp = countingTool('mine.remote', { origin: 'mcp' });
const safe = countingTool('mine.safe');
const secret = countingTool('mine.secret', { secrets: ['KEY'] });

describe('what the context of an agent may hold', () => {
  it.each<[string, Tool, Taint[], Partial<TestHostOptions>?]>([
    ['a tool that reaches other hosts', web, ['untrusted']],
    ['a tool of a server', mcp, ['untrusted']],
    ['a tool that stays here', safe, []],
    [
      'a tool with a secret',
      secret,
      ['private'],
      {
        granted: new Map([
          ['KEY', { secret: new Secret('KEY', 'value'), hosts: [], tools: undefined }],
        ]),
      },
    ],
  ])('comes from %s', async (_, tool, expected, host) => {
    const { held, log } = await ran({
      tools: [tool],
      turns: [{ a: [[tool.name]] }],
      ...(host && { host }),
    });
    expect(held.a).toEqual(expected);
    expect(only(log, 'tool.returned')[0]?.data.taint ?? []).toEqual(expected);
  });

  it('is what everybody was told of who worked before, and not who works beside', async () => {
    const { held, told } = await ran({
      tools: [web, safe],
      turns: [{ a: [['web.look']], beside: [['mine.safe']] }, { later: [] }],
    });
    expect(held).toEqual({
      manager: ['untrusted'],
      a: ['untrusted'],
      beside: [],
      later: ['untrusted'],
    });
    const reports = JSON.parse(
      /## Results of turn 1\n<.*>\n(.*)\n/.exec(told[1] ?? '')?.[1] ?? '[]',
    );
    expect(reports.map((report: JsonObject) => report.untrusted)).toEqual([true, undefined]);
  });

  it('comes over a board from who works beside', async () => {
    const { log } = await ran({ tools: [web], turns: [{ a: [['web.look']], reader: [] }] });
    const state = foldAll('r-test', log);
    const [manager, reader] = [state.frames.get('0'), state.frames.get('1.2')];
    const board = builtinTools.find(({ name }) => name === 'board.read');
    if (!manager || !reader || !board) throw new Error('not there');
    manager.taint = undefined;
    const context = { plan: testPlan(), state, secrets: new Map() } as unknown as RunContext;
    expect(taintOfCall(context, reader, board)).toEqual([]);
    manager.open.add('1.1');
    expect(taintOfCall(context, reader, board)).toEqual(['untrusted']);
    expect(taintOfCall(context, reader, safe)).toEqual([]);
  });

  it('is private from the start where the run has inputs', async () => {
    const input = { name: 'rows', kind: 'value', description: '1' } as const;
    const { held } = await ran({ tools: [], turns: [{ a: [] }], change: { inputs: [input] } });
    expect(held).toEqual({ manager: ['private'], a: ['private'] });
  });

  it('is said to the model beside the result itself', async () => {
    const { log } = await ran({
      tools: [web, safe],
      turns: [{ a: [['web.look'], ['mine.safe']] }],
    });
    const replies = only(log, 'model.asked').flatMap(({ agent, data }) =>
      agent === '1.1' ? data : [],
    );
    expect(replies).toHaveLength(2);
    const state = foldAll(
      'r-test',
      log.filter(({ seq }) => seq <= (only(log, 'tool.returned').at(-1)?.seq ?? 0)),
    );
    const texts = state.frames
      .get('1.1')
      ?.transcript.flatMap(({ role, text }) => (role === 'tool' ? [text] : []));
    expect(texts?.map((text) => JSON.parse(text).untrusted)).toEqual([true, undefined]);
  });
});
