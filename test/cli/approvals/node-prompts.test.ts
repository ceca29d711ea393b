import { describe, expect, it } from 'vitest';
import { AwpError } from '../../../src/base/errors.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import { waitingText } from '../../../src/cli/approvals/approval-text.ts';
import { Person } from '../../../src/cli/person.ts';
import { watchRun } from '../../../src/cli/watch-run.ts';
import { NODE_REQUESTS, type NodeQuestion } from '../../../src/events/node-requests.ts';
import { askingRun } from '../fake-run.ts';
import { type FakeShellOptions, fakeShell } from '../fake-shell.ts';
import { askingLog } from '../sample-run.ts';

type Asked = readonly [about: NodeQuestion, args: JsonObject];

const START: Asked = ['before', { node: 'write' }];
const OUTPUT: Asked = ['after', { output: { text: 'draft' } }];
const INPUT: Asked = ['input', { prompt: 'Which city?\nAnd when?', round: 2 }];

function logOf(...all: readonly Asked[]) {
  const log = askingLog();
  for (const [index, [about, args]] of all.entries()) {
    const id = `a${index + 1}`;
    const call = `node:0/write${index}`;
    const reason = `write${index} asks`;
    const data = { id, call, tool: NODE_REQUESTS[about], args, argsHash: id, reason };
    log.add('approval.requested', data, { agent: '0' });
  }
  return log;
}

/** What a run that asks about nodes shows and is told when somebody types `lines`. */
async function asked(
  lines: readonly string[],
  all: readonly Asked[],
  { refuses = 0, ...more }: FakeShellOptions & { refuses?: number } = {},
) {
  const shell = fakeShell({ lines, ...more });
  const run = askingRun(logOf(...all));
  const resolve = run.resolve.bind(run);
  let left = refuses;
  run.resolve = async (...given) => {
    left -= 1;
    if (left >= 0) throw new AwpError('approval/bad-edit', 'n must be a number');
    return resolve(...given);
  };
  const options = { json: false, progress: 'plain', noColor: true, debug: false } as const;
  const person = new Person(shell, shell.style(shell.err, true));
  const code = await watchRun(run, shell, { ...options, home: undefined, after: 0, person });
  return {
    code,
    err: shell.err.text(),
    replies: (run.resolved as [string, JsonObject][]).map(([, reply]) => reply),
  };
}

describe('a node that waits for a person in the terminal', () => {
  it.each<[string, Asked, string, string]>([
    ['its start', START, '"node": "write"', 'Let it start? y / N / a(ll like this) / ? y'],
    [
      'its output',
      OUTPUT,
      '"text": "draft"',
      'Use this output? y / N / e(dit) / a(ll like this) / ? y',
    ],
  ])('is asked about %s', async (_, request, shown, question) => {
    const { err, replies } = await asked(['y'], [request]);
    expect(err).toContain('write0 asks');
    expect(err).toContain(shown);
    expect(err).toContain(question);
    expect(replies).toEqual([{ decision: 'approve' }]);
  });

  it('can be refused with a reason', async () => {
    expect((await asked(['n too early'], [START])).replies).toEqual([
      { decision: 'reject', reason: 'too early' },
    ]);
  });

  it('has a start that cannot be changed, and says what can be said', async () => {
    const { err, replies } = await asked(['e', '?', 'y'], [START]);
    expect(err.match(/let this node start/g)).toHaveLength(2);
    expect(err).not.toContain('$EDITOR');
    expect(replies).toEqual([{ decision: 'approve' }]);
  });

  it('has an output that can be changed', async () => {
    const { replies, err } = await asked(['e', '{"output": {"text": "final"}}', 'y'], [OUTPUT]);
    expect(err).toContain('Use it like this?');
    expect(replies).toEqual([{ decision: 'approve', args: { output: { text: 'final' } } }]);
  });

  it('is asked about again when it cannot take the change', async () => {
    const lines = ['e', '{"output": {"n": "one"}}', 'y', 'y'];
    const { replies, err } = await asked(lines, [OUTPUT], { refuses: 1 });
    expect(err).toContain('n must be a number');
    expect(replies).toEqual([{ decision: 'approve' }]);
  });

  it('is allowed with all others of its kind, and of no other kind', async () => {
    const { replies } = await asked(['a', 'n'], [START, START, OUTPUT]);
    expect(replies.map((reply) => reply.decision)).toEqual([...['approve', 'approve', 'reject']]);
  });
});

describe('a loop that asks a person in the terminal', () => {
  it.each<[string, JsonObject]>([
    ['Paris, in May', { decision: 'approve', args: { input: 'Paris, in May' } }],
    ['  y ', { decision: 'approve', args: { input: 'y' } }],
    ['', { decision: 'approve' }],
    ['/end', { decision: 'reject' }],
    ['/end good enough', { decision: 'reject', reason: 'good enough' }],
    ['/ending', { decision: 'approve', args: { input: '/ending' } }],
  ])('is told %j as %j', async (line, reply) => {
    const { replies, err } = await asked([line], [INPUT]);
    expect(err).toContain('Which city?\nAnd when?\nYour answer (/end ends it, ? helps): ');
    expect(replies).toEqual([reply]);
  });

  it('explains itself', async () => {
    const { err, replies } = await asked(['?', 'ok'], [INPUT]);
    expect(err).toContain('go on without saying anything');
    expect(replies).toEqual([{ decision: 'approve', args: { input: 'ok' } }]);
  });

  it('shows what it asks as it is, however long, and nothing that acts on the terminal', async () => {
    const prompt = `\x1b[2J${'long\n'.repeat(100)}the end`;
    const { err } = await asked(['/show', 'ok'], [['input', { prompt, round: 2 }]]);
    expect(err).not.toContain('\x1b');
    expect(err).toMatch(/more characters of \d+; \/show shows all/);
    expect(err).toContain('the end');
    const { err: json } = await asked(['ok'], [['input', { prompt: { n: 1 }, round: 2 }]]);
    expect(json).toContain('"n": 1');
  });
});

describe('the commands for what waits', () => {
  it('have a place for the answer of a loop', () => {
    const shell = fakeShell({});
    const style = shell.style(shell.err, true);
    const text = waitingText({ state: logOf(START, INPUT).state(), style, home: undefined });
    expect(text).toMatch(/awp runs approve \S+ a1\n/);
    expect(text).toMatch(/awp runs approve \S+ a2 --reason "YOUR ANSWER"\n/);
    expect(text).toMatch(/awp runs reject \S+ a2\n/);
  });
});
