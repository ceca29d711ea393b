import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventData, RunEvent } from '../../../src/events/event.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { Host } from '../../../src/ports/host.ts';
import type { Script } from '../../../src/providers/scripted.ts';
import { writeReport } from '../../../src/runtime/report/write-report.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { askingLog, busyGraphLog, halfwayLog, type SampleLog } from '../../cli/sample-run.ts';
import {
  complete,
  delegate,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../../make.ts';
import { LoopLog, reportOf, richLog } from './sample.ts';

async function ranWith(host: Host, plan: Plan): Promise<Host> {
  await (await startTestRun(host, plan)).done;
  return host;
}

describe('the report of a run', () => {
  it('tells all of a rich one', async () => {
    await expect(await richLog().report()).toMatchFileSnapshot('golden/rich.md');
  });

  it('tells of a graph node by node', async () => {
    const log = busyGraphLog();
    await expect(await reportOf(log.run, log.events, true)).toMatchFileSnapshot('golden/graph.md');
  });

  it('tells of a run of the real engine, with its board and its digests', async () => {
    using folder = temporaryFolder();
    const script: Script = ({ headers, messages }) => {
      const text = JSON.stringify(messages);
      if (headers['x-awp-role'] === 'manager') {
        return text.includes('Results of turn') ? complete('all told') : delegate('a', 'b');
      }
      if (messages.at(-1)?.role === 'tool') return { summary: 'found it', confidence: 0.9 };
      return { toolCalls: [{ name: 'board.post', args: { topic: 'price', payload: { eur: 3 } } }] };
    };
    const policy = { board: { autoPost: true }, digest: { maxDepth: 1 } };
    const { store } = await ranWith(testHost(folder.path, { script }), testPlan({ policy }));
    const text = await writeReport(store, 'r-test', { alive: false });
    for (const words of [
      ...['| Status | complete |', '> all told', '### Turn 1: 2 delegations', '{"eur":3}'],
      ...['called `board.post` 1 time', '### Digest after turn 1', '"a: found it"'],
      ...['### Ending: complete, confidence 0.9', '## What went wrong\n\nNothing.'],
    ]) {
      expect(text).toContain(words);
    }
  });

  it.each<[string, SampleLog, boolean, string]>([
    ['is at work', halfwayLog(), true, 'running'],
    ['was left by its process', halfwayLog(), false, 'interrupted: no process works on it'],
    [
      'waits for a person',
      askingLog(['a1', 'file.write', { path: 'output/a' }]).add('run.paused', {
        reason: 'approval',
      }),
      false,
      'waiting for a person',
    ],
    ['was paused', halfwayLog().add('run.paused', { reason: 'later' }), false, 'paused: later'],
    [
      'was cancelled',
      halfwayLog().add('run.stopped', { reason: 'Ctrl-C' }),
      false,
      'cancelled: Ctrl-C',
    ],
    ...(['complete', 'partial', 'failed'] as const).map(
      (status): [string, SampleLog, boolean, string] => [
        `is ${status}`,
        halfwayLog().add('run.finished', {
          ...{ status, text: 'x', result: {} },
          ...(status !== 'complete' && { reason: 'budget/tokens', message: 'no tokens are left' }),
        }),
        false,
        status === 'complete'
          ? '| complete |'
          : `${status} (\`budget/tokens\`): no tokens are left`,
      ],
    ),
  ])('says how it stands: one that %s', async (_, log, alive, words) => {
    const text = await reportOf(log.run, log.events, alive);
    expect(text.split('\n').find((line) => line.startsWith('| Status'))).toContain(words);
  });

  it('says that a log without a beginning is damaged', async () => {
    const log = halfwayLog();
    await expect(
      reportOf(log.run, [{ ...log.events[1], seq: 1 } as RunEvent]),
    ).rejects.toMatchObject({ code: 'store/damaged' });
  });

  it('says that there is no such run', async () => {
    const store = memoryStore({ folder: '/store' });
    await expect(writeReport(store, 'r-none', { alive: false })).rejects.toMatchObject({
      code: 'store/not-found',
    });
  });

  it('is bounded for a run of 10,000 events', async () => {
    const log = new LoopLog().start();
    const names = Array.from({ length: 2000 }, (_, index) => `w${index}`);
    log.decided({
      decision: 'delegate',
      delegations: names.map((workerId) => ({ workerId, instructions: 'x'.repeat(5000) })),
    });
    for (const [index, name] of names.entries()) {
      const id = `1.${index + 1}`;
      const data: EventData['agent.started'] = {
        ...{ role: 'worker' as const, name, model: 'm', temperature: 0, index: index + 1 },
        ...{ tools: [], instructions: 'x'.repeat(5000) },
      };
      const place = { agent: id, parent: '0', depth: 1, loop: 1 };
      log.add('agent.started', data, place);
      for (const attempt of [1, 2, 3]) {
        const failed = {
          call: `${id}/1`,
          attempt,
          code: 'model/overloaded',
          message: 'y'.repeat(900),
        };
        log.add(
          'model.failed',
          { ...failed, usage: { input: 0, output: 0 }, cost: 0 },
          { agent: id },
        );
      }
      log.finished(id);
    }
    expect(log.events.length).toBeGreaterThan(10_000);
    const text = await log.report();
    expect(text.length).toBeLessThan(400_000);
    expect(text).toContain('1,900 more agents.');
    expect(text).toContain('5,800 more');
  });
});

/** Texts that would be something else than text in Markdown, HTML or a terminal. */
const HOSTILE = [
  '# a heading',
  'a line\n## another heading\n\n```\nfence',
  '```` ```',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '[a link](javascript:alert(1)) ![a picture](https://evil.example/x.png)',
  'https://evil.example/?q=1 www.evil.example me@evil.example @somebody',
  '| a | cell |\n|---|---|',
  '---\n===\n***',
  '- a list\n1. another\n> a quotation',
  '\x1b[2J\x1b]0;title\x07 \u202etxt.exe\u202c \u2028 \0',
  '&lt;b&gt; &#60;b&#62;',
  '\\`\\*\\[',
  '[^1]: note\n[ref]: https://evil.example',
  '$$x$$ ~~y~~ __z__ **w**',
];

function hostileLog(text: string): LoopLog {
  return new LoopLog()
    .start({ task: text, name: text })
    .decided({
      ...{ decision: 'delegate', reasoning: text },
      delegations: [{ workerId: text, instructions: text }],
    })
    .starts('1.1', '0', { name: text, model: text, instructions: text, tools: [text] })
    .of('board.posted', { id: 'b1', board: '0', topic: text, payload: { [text]: text } }, '1.1')
    .works('1.1', { summary: text, [text]: text }, { toolError: text })
    .wrote('1.1', text)
    .of('gate.rejected', { call: '0/1', gate: 'contract', reason: text, defects: [text] })
    .add('run.finished', {
      ...{ status: 'failed', reason: text, message: text },
      ...{ text, result: { [text]: text } },
    });
}

/** What of a report stands outside of its fences: lines, with what is code taken out. */
function proseOf(report: string): string[] {
  const prose: string[] = [];
  let fence = '';
  for (const line of report.split('\n')) {
    const ticks = /^`{3,}/.exec(line)?.[0] ?? '';
    if (fence === '' && ticks !== '') fence = ticks;
    else if (fence !== '' && line === fence) fence = '';
    else if (fence === '')
      prose.push(line.replace(/\\.|`[^`]+`/g, (one) => (one.startsWith('`') ? 'CODE' : one)));
  }
  expect(fence).toBe('');
  return prose;
}

const HEADINGS =
  /^#{1,6} (?:Run |Task$|Result$|Course of the run$|Decisions$|Turn 1: |Board$|Files$|Budget$|What went wrong$|.* \(1\.1\): done)/;

function expectHarmless(report: string): void {
  expect(report).not.toMatch(/[^\n\x20-\x7e\u00a0-\u{10ffff}]|[\u2028\u2029\u202a-\u202e]/u);
  for (const line of proseOf(report)) {
    if (line.startsWith('#')) expect(line).toMatch(HEADINGS);
    expect(line).not.toMatch(/[<]/);
    expect(line.replace(/^> ?/, '')).not.toMatch(/>/);
    expect(line).not.toMatch(/(?<!\\)[[\]]/);
    expect(line).not.toMatch(/https?:|www\.|@/);
    expect(line.replace(/^> /, '')).not.toMatch(/^(?:={2,}|\*\*\*|\d+[.)] )/);
  }
}

describe('texts from elsewhere in a report', () => {
  it.each(HOSTILE)('are only texts: %j', async (text) => {
    expectHarmless(await hostileLog(text).report());
  });

  it('are only texts, whatever they are made of', async () => {
    const piece = fc.constantFrom(
      ...['`', '```', '\n', '# ', '<b>', '](', '[x', '|', '\\', '> ', '- ', '1. ', 'https://x.y'],
      ...['&', '*', '_', '~', 'a', ' ', '\t', '@a', '\x1b[', '---', '==='],
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (one) => expectHarmless(await hostileLog(one).report())),
      { numRuns: 60 },
    );
  });
});
