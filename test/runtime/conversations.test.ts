import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import type { EventOf, Message, RunEvent } from '../../src/events/event.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import type { Script, ScriptedAnswer } from '../../src/providers/scripted.ts';
import { resumeRun } from '../../src/runtime/run.ts';
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

type Asked = EventOf<'model.asked'>;

const isManager = ({ headers }: ModelRequest): boolean => headers['x-awp-role'] === 'manager';
const textOf = ({ messages }: Pick<ModelRequest, 'messages'>): string =>
  messages.map(({ text }) => text).join('\n');
/** The number of the last turn that a question tells of. */
const turnOf = (request: ModelRequest): number =>
  Number(/.*## Turn\n(\d+)/s.exec(textOf(request))?.[1] ?? 0);

/** A manager that delegates to two workers in each of `turns` turns, then completes. */
const working =
  (turns: number, report: (worker: string) => ScriptedAnswer): Script =>
  (request) => {
    if (!isManager(request)) return report(askedBy(request));
    const turn = turnOf(request);
    if (turn > turns || textOf(request).includes('This is the last turn')) return complete('all');
    return delegate(`left_${turn}`, `right_${turn}`);
  };

/** The conversations of an agent as its model saw them, one for each question. */
function talksOf(log: readonly RunEvent[], agent: string): { asked: Asked; talk: Message[] }[] {
  let talk: Message[] = [];
  return log.flatMap((event) => {
    if (event.agent !== agent) return [];
    if (event.type === 'model.responded') {
      const { text, toolCalls } = event.data;
      talk = [...talk, { role: 'assistant', text, toolCalls }];
    }
    if (event.type !== 'model.asked') return [];
    const results = event.data.messages.filter(({ role }) => role === 'tool').length;
    talk = [...talk.slice(0, event.data.keep), ...event.data.messages];
    return [{ asked: event, talk, results }];
  });
}

async function ran(
  script: Script,
  options: Partial<WorkflowOptions> = {},
  host: Partial<TestHostOptions> = {},
) {
  const folder = temporaryFolder();
  const made = testHost(folder.path, { script, ...host });
  const run = await startTestRun(made, testPlan(options));
  const result = await run.done;
  const log = await logOf(made.store);
  const end = only(log, 'run.finished')[0]?.data;
  return {
    folder,
    host: made,
    run,
    result,
    log,
    end,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const said =
  (chars: number) =>
  (worker: string): JsonObject => ({
    summary: `${worker} found ${worker.length}`,
    rows: 'r'.repeat(chars),
    confidence: 1,
  });

describe("a manager's conversation", () => {
  it('grows by appending, so that each question begins as the one before', async () => {
    using run = await ran(working(4, said(200)));
    const talks = talksOf(run.log, '0');
    expect(talks).toHaveLength(5);
    for (const [index, { talk }] of talks.entries()) {
      const before = talks[index - 1]?.talk ?? [];
      expect(talk.slice(0, before.length)).toEqual(before);
      expect(talk.map(({ role }) => role)).toEqual([
        ...['system', 'user'],
        ...Array.from({ length: index }, () => ['assistant', 'user']).flat(),
      ]);
    }
    expect(run.end).toMatchObject({ status: 'complete' });
  });

  it('has what may change from turn to turn in its last message alone', async () => {
    using run = await ran(working(2, said(200)));
    const [first, second, third] = talksOf(run.log, '0').map(({ talk }) => talk.at(-1)?.text ?? '');
    expect(first).toMatch(/^The mark of .*## Task\n.*## Inputs\n.*## Turn\n1\n\n## Budget\n/s);
    expect(second).toMatch(/^The mark of .*## Turn\n2\n\n## Results of turn 1\n.*## Budget\n/s);
    expect(second).not.toMatch(/## Task|## Inputs/);
    expect(third).toContain('left_2 found');
    expect(third).not.toContain('left_1 found');
  });

  it('keeps an answer that was sent back, with what was wrong', async () => {
    using run = await ran((request) => {
      if (!isManager(request)) return said(10)(askedBy(request));
      if (!textOf(request).includes('not accepted')) return 'no decision';
      return turnOf(request) === 1 ? delegate('a') : complete('all');
    });
    expect(
      talksOf(run.log, '0')
        .at(-1)
        ?.talk.map(({ role }) => role),
    ).toEqual([...['system', 'user', 'assistant', 'user', 'assistant', 'user']]);
  });

  const small = { policy: { context: { windowTokens: 6000 } } };

  it('is summed up before it outgrows its window, and goes on', async () => {
    using run = await ran(working(7, said(2000)), small);
    const facts = only(run.log, 'context.compacted');
    expect(facts.length).toBeGreaterThan(0);
    for (const { data } of facts) {
      expect(data.before).toBeGreaterThan(4800);
      expect(data.after).toBeLessThan(data.before);
    }
    const talks = talksOf(run.log, '0');
    for (const { talk } of talks) expect(textOf({ messages: talk }).length / 3).toBeLessThan(6000);
    const anew = talks.filter(({ asked }) => asked.data.keep === 1);
    expect(anew).toHaveLength(facts.length);
    const text = anew.at(-1)?.talk.at(-1)?.text ?? '';
    const turn = Number(/## Turn\n(\d+)/.exec(text)?.[1]);
    expect(text).toContain('## Task\n');
    expect(text).toMatch(/## Earlier turns\n<data-\w+ .*>\n\{"turn":1,.*left_1 found 6/);
    expect(text).toContain(`## Results of turn ${turn - 1}\n`);
    expect(new Set(talks.map(({ talk }) => talk[0]?.text)).size).toBe(1);
    expect(run.end).toMatchObject({ status: 'complete' });
  });

  it('goes by the window of its model where that is known and smaller', async () => {
    using folder = temporaryFolder();
    const host = testHost(folder.path, { script: working(6, said(2000)) });
    const models: typeof host.models = (model) => {
      const unknown = { tools: null, parallelTools: null, structuredOutput: null, vision: null };
      const none = { ...unknown, reasoning: null, cacheMarkers: null, maxOutputTokens: null };
      return { ...host.models(model), capabilities: { ...none, contextTokens: 12_000 } };
    };
    const plan = testPlan();
    const manager = { ...plan.manager, maxOutputTokens: 2000 };
    const run = await startTestRun({ ...host, models }, { ...plan, manager });
    await run.done;
    const log = await logOf(host.store);
    expect(only(log, 'context.compacted').length).toBeGreaterThan(0);
    for (const { talk } of talksOf(log, '0')) {
      expect(textOf({ messages: talk }).length / 3).toBeLessThan(10_000 * 0.8);
    }
  });

  it('tells what holds an ending back, however short it must be', async () => {
    const script: Script = (request) => {
      if (!isManager(request)) return said(6000)(askedBy(request));
      if (textOf(request).includes('Note\n')) return complete('all');
      return turnOf(request) < 4
        ? delegate(`w_${turnOf(request)}`)
        : complete('TBD', { notes: 'n'.repeat(9000) });
    };
    using run = await ran(script, { policy: { context: { windowTokens: 3000 } } });
    const [rejected] = only(run.log, 'gate.rejected');
    expect(rejected?.data.reason).toBeTruthy();
    const last = talksOf(run.log, '0').at(-1);
    expect(last?.asked.data.keep).toBe(1);
    expect(last?.talk.at(-1)?.text).toContain(rejected?.data.reason);
    expect(run.end).toMatchObject({ status: 'complete', text: 'all' });
  });

  it('is not broken by an answer of megabytes', async () => {
    using run = await ran((request) => {
      if (!isManager(request)) return said(10)(askedBy(request));
      const flood = { text: 'x'.repeat(5_000_000), usage: { input: 1, output: 1 } };
      if (!textOf(request).includes('not accepted')) return flood;
      return turnOf(request) === 1 ? delegate('a') : complete('all');
    });
    const [, corrected] = talksOf(run.log, '0');
    expect(corrected?.talk.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
    ]);
    expect(textOf({ messages: corrected?.talk ?? [] }).length).toBeLessThan(20_000);
    expect(run.end).toMatchObject({ status: 'complete' });
  });

  it('is summed up for a last turn that has no tokens for all of it', async () => {
    const bulky = (worker: string): ScriptedAnswer => ({
      text: JSON.stringify(said(30_000)(worker)),
      usage: { input: 1000, output: 1000 },
    });
    const script: Script = async (request, call) => {
      const answer = await (working(9, bulky) as (r: ModelRequest, n: number) => ScriptedAnswer)(
        request,
        call,
      );
      return isManager(request)
        ? { text: JSON.stringify(answer), usage: { input: 1000, output: 100 } }
        : answer;
    };
    using run = await ran(script, { budget: { tokens: 60_000, workers: 100 } });
    const last = only(run.log, 'model.asked')
      .filter(({ agent }) => agent === '0')
      .at(-1);
    expect(last?.data).toMatchObject({ purpose: 'closing', keep: 1 });
    expect(run.end).toMatchObject({ status: 'partial', reason: 'budget/tokens', text: 'all' });
  });

  it('begins anew when a run that ended is taken up again', async () => {
    const script: Script = (request) => {
      if (!isManager(request)) return said(100)(askedBy(request));
      const turn = turnOf(request);
      return turn > 5 ? complete('all') : delegate(`left_${turn}`);
    };
    using run = await ran(script, { budget: { loops: 3 } });
    expect(run.end).toMatchObject({ status: 'partial' });
    const again = await resumeRun(run.host, { id: 'r-test', raise: { loops: 8 } });
    await again.done;
    const log = await logOf(run.host.store);
    const reopened = log.findIndex(({ type }) => type === 'run.reopened');
    const asked = log.slice(reopened).find((event): event is Asked => event.type === 'model.asked');
    expect(asked?.data).toMatchObject({ keep: 0 });
    expect(asked?.data.messages.at(-1)?.text).toContain('## Results of turn 2\n');
    expect(only(log, 'run.finished').at(-1)?.data).toMatchObject({ status: 'complete' });
  });
});

describe("a worker's conversation", () => {
  const names = (request: ModelRequest): number =>
    request.messages.filter(({ role }) => role === 'assistant').length;

  it('loses older results of tools before it outgrows the window', async () => {
    const script: Script = (request) => {
      if (isManager(request)) return turnOf(request) === 1 ? delegate('a') : complete('all');
      const round = names(request);
      if (round >= 6) return said(10)('a');
      const content = `${round} `.repeat(4000);
      return {
        toolCalls: [
          { name: 'file.write', args: { path: `output/${round}.txt`, content } },
          { name: 'file.read', args: { path: `output/${round - 1}.txt` } },
        ],
      };
    };
    using run = await ran(script, { policy: { context: { windowTokens: 14_000 } } });
    const facts = only(run.log, 'context.compacted');
    expect(facts.length).toBeGreaterThan(0);
    expect(new Set(facts.map(({ agent }) => agent))).toEqual(new Set(['1.1']));
    expect(run.end).toMatchObject({ status: 'complete' });
  });

  it('begins as those of its siblings, up to what is its own', async () => {
    using run = await ran(working(1, said(10)));
    const [left, right] = ['1.1', '1.2'].map((id) => talksOf(run.log, id)[0]?.talk ?? []);
    expect(left?.[0]).toEqual(right?.[0]);
    const [one = '', other = ''] = [left?.[1]?.text, right?.[1]?.text];
    const own = one.indexOf('## Instructions');
    expect(own).toBeGreaterThan(200);
    expect(one.slice(0, own)).toBe(other.slice(0, own));
  });
});

describe('a result that is too large for a question', () => {
  const context = { totalChars: 6000, minPerEntry: 1000, previewChars: 300 };
  const script: Script = (request) => {
    if (isManager(request)) {
      const turn = turnOf(request);
      return turn === 1
        ? delegate('big', 'small')
        : turn === 2
          ? delegate('reader')
          : complete('all');
    }
    const who = askedBy(request);
    if (who === 'big') return { summary: 'much', rows: `<<${'x'.repeat(9000)}>>`, confidence: 1 };
    if (who === 'small' || request.messages.at(-1)?.role === 'tool') return said(10)(who);
    return { toolCalls: [{ name: 'file.read', args: { path: 'inputs/context/big.json' } }] };
  };

  it('is shown by its beginning, and all of it is in a file of later workers', async () => {
    using run = await ran(script, { policy: { context } });
    const told = talksOf(run.log, '0')[1]?.talk.at(-1)?.text ?? '';
    const reports = JSON.parse(/## Results of turn 1\n<data.*>\n(.*)\n/.exec(told)?.[1] ?? '[]');
    expect(reports).toMatchObject([
      {
        worker_id: 'big',
        ok: true,
        output: { cut: expect.stringContaining('"much"'), file: 'inputs/context/big.json' },
      },
      { worker_id: 'small', output: { summary: 'small found 5' } },
    ]);
    expect(reports[0].output.cut).toHaveLength(300);
    const [read] = only(run.log, 'tool.returned');
    expect(read?.data).toMatchObject({ ok: true, tool: 'file.read' });
    expect(JSON.stringify(read?.data.data)).toContain('xxx>>');
  });

  it('is not in the folders of those that worked beside it', async () => {
    using run = await ran(
      (request) => {
        if (isManager(request))
          return turnOf(request) === 1 ? delegate('big', 'beside') : complete('all');
        if (askedBy(request) === 'big')
          return { summary: 'much', rows: 'x'.repeat(9000), confidence: 1 };
        if (request.messages.at(-1)?.role === 'tool') return said(10)('beside');
        return { toolCalls: [{ name: 'file.read', args: { path: 'inputs/context/big.json' } }] };
      },
      { policy: { context } },
    );
    expect(only(run.log, 'tool.returned')[0]?.data).toMatchObject({ ok: false, status: 404 });
  });
});
