import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { Execution, SandboxJob } from '../../../src/ports/sandbox.ts';
import { createdTool } from '../../../src/tools/created/created-tool.ts';
import { around, callMade, created, fakeBox, file, placeIn, sayingBox } from './making.ts';

const GOOD = { result: { ok: true, data: { sum: 3 } } };
const FORM = /hint: give back/;

describe('a tool that was made', () => {
  it.each([
    ['computes', ['compute'] as const, ['h'], { network: false, idempotent: true }],
    ['reaches hosts', ['compute', 'network'] as const, ['h'], { network: true, idempotent: false }],
    ['may reach none', ['compute', 'network'] as const, [], { network: false, idempotent: true }],
  ])('that %s says so', (_, capabilities, hosts, expected) => {
    const tool = createdTool(created(''), placeIn({ capabilities, hosts }, { callMs: 2000 }));
    const always = { name: 'made.tool', origin: 'dynamic', needsBox: true, nested: true };
    expect(tool).toMatchObject({ ...always, ...expected, timeoutMs: 3000 });
  });

  it('is run with its arguments as data, and gives back its result', async () => {
    const box = sayingBox(GOOD);
    const result = await callMade(created('def handler(): pass'), around(box), {
      args: { a: "'; import os" },
    });
    expect(result).toEqual({ ok: true, status: 200, data: { sum: 3 } });
    const [{ stdin, code, tools, timeoutMs } = {} as SandboxJob] = box.jobs;
    expect(Buffer.from(stdin ?? []).toString()).toBe(
      '{"args":{"a":"\'; import os"},"trial":false}',
    );
    expect(code).not.toContain('import os');
    expect(tools?.names).toEqual(['awp.result']);
    expect(timeoutMs).toBe(5000);
  });

  it.each([
    ['compute', ['compute'] as const, { inputs: undefined, shared: undefined, output: [] }],
    [
      'network',
      ['compute', 'network'] as const,
      { inputs: undefined, shared: undefined, output: [] },
    ],
    [
      'filesystem',
      ['compute', 'filesystem'] as const,
      {
        inputs: '/inputs',
        shared: '/shared',
        output: [{ path: 'mine.txt', bytes: new Uint8Array([1]) }],
      },
    ],
  ])('of %s sees the files that its namespace allows', async (_, capabilities, expected) => {
    const box = sayingBox(GOOD);
    const near = around(box);
    near.files.set('mine.txt', new Uint8Array([1]));
    await callMade(created(''), near, { place: placeIn({ capabilities, hosts: ['h'] }) });
    expect(box.jobs[0]).toMatchObject(expected);
  });

  it('hands its files back, and names them where it does not do so itself', async () => {
    const files = [file('a.csv', 'x,y\n1,2\n')];
    const near = around(sayingBox(GOOD, { files }));
    expect(await callMade(created(''), near)).toMatchObject({
      data: { sum: 3, files: [{ path: 'output/a.csv', bytes: 8 }] },
    });
    expect([...near.files.keys()]).toEqual(['a.csv']);
    const own = sayingBox({ result: { ok: true, data: { files: 'mine' } } }, { files });
    expect((await callMade(created(''), around(own))).data).toEqual({ files: 'mine' });
  });

  it('fails when a file of it is no good', async () => {
    const box = sayingBox(GOOD, { files: [file('chart.png', 'no picture')] });
    const { ok, status, error } = await callMade(created(''), around(box));
    expect({ ok, status }).toEqual({ ok: false, status: 422 });
    expect(error).toContain('output/chart.png');
  });

  it('keeps what it prints as a bounded text that moves no cursor', async () => {
    const printed = { stdout: `\u001b[2J${'x'.repeat(50_000)}`, stderr: 'warned\u0007' };
    const { log = '' } = await callMade(created(''), around(sayingBox(GOOD, printed)));
    expect(log.startsWith('\\x1b[2Jxxx')).toBe(true);
    expect(log.endsWith('\nwarned\\x07')).toBe(true);
    expect(log.length).toBeLessThan(11_000);
  });

  it('tells of requests that were refused', async () => {
    const refused = { method: 'GET', host: 'evil.test:443', problem: 'network/denied: not listed' };
    const requests = [
      { ...refused, status: 403, bytes: 0, ms: 1 },
    ] as unknown as Execution['requests'];
    const near = around(sayingBox(GOOD, { requests: requests ?? [] }));
    await callMade(created(''), near);
    expect(near.denied).toEqual(['GET evil.test:443: network/denied: not listed']);
  });

  it('makes a box ready for its next call, of the same kind', async () => {
    const coming: unknown[] = [];
    const box = { ...sayingBox(GOOD), prepare: (one: unknown) => void coming.push(one) };
    await callMade(created('', 'javascript'), around(box));
    const { policy, inputs, shared } = box.jobs[0] ?? {};
    expect(coming).toEqual([
      expect.objectContaining({ language: 'javascript', policy, inputs, shared }),
    ]);
  });

  it.each([
    ['a language that is not there', { languages: [] }, 503, /the sandbox has no python/],
    ['no boundary', { name: 'none' as const }, 403, /need a sandbox with a boundary/],
  ])('is not run in a box with %s', async (_, more, status, error) => {
    const box = fakeBox(async () => ({}), more);
    const result = await callMade(created(''), around(box));
    expect(result).toMatchObject({ ok: false, status, error: expect.stringMatching(error) });
    expect(box.jobs).toEqual([]);
  });
});

const TOLD: readonly [string, JsonObject | undefined, Partial<Execution>, number, RegExp][] = [
  ['nothing at all', undefined, {}, 500, /ended before handler gave back a result \(exit code 0\)/],
  ['an end by itself', undefined, { exitCode: 3 }, 500, /ended before handler .*\(exit code 3\)/],
  [
    'a promise that never settles',
    undefined,
    { exitCode: 1, stderr: 'error: Top-level await promise never resolved\n' },
    500,
    /ended before/,
  ],
  [
    'too much time',
    undefined,
    { exitCode: undefined, stopped: 'timeout' },
    408,
    /stopped after 5 s/,
  ],
  [
    'too much memory',
    undefined,
    { exitCode: undefined, stopped: 'memory', limits: ['memory'] },
    500,
    /its memory \(256 MiB\) was used up/,
  ],
  [
    'too large a message',
    undefined,
    { exitCode: undefined, stopped: 'frames' },
    413,
    /more than 900000 bytes/,
  ],
  [
    'code that cannot be read',
    undefined,
    {
      exitCode: 1,
      stderr:
        'file:///tmp/awp-jail-1/program.mjs:2\nlet x = ;\n        ^\n\nSyntaxError: Unexpected token\n',
    },
    500,
    /^the code cannot be read in line 2: SyntaxError: Unexpected token/,
  ],
  [
    'code that is not closed',
    undefined,
    { exitCode: 1, stderr: 'program.mjs:9\n;await (async\n^\n\nSyntaxError: Unexpected token\n' },
    500,
    /^the code cannot be read at its end: /,
  ],
  [
    'code that fails at its start',
    undefined,
    {
      exitCode: 1,
      stderr:
        '/tmp/awp-jail-1/program.mjs:1\nx()\n^\n\nReferenceError: x is not defined\n    at /tmp/awp-jail-1/program.mjs:1:1',
    },
    500,
    /^the code could not be run in line 1: ReferenceError: x is not defined/,
  ],
  ['no handler', { failed: { kind: 'missing' } }, {}, 500, /defines no function handler/],
  [
    'an async handler',
    { failed: { kind: 'async' } },
    {},
    500,
    /handler is async\nhint: leave async out/,
  ],
  [
    'an exception',
    {
      failed: {
        kind: 'raised',
        message: 'ValueError: no',
        trace: 'line 2, in handler: x',
        line: 2,
      },
    },
    {},
    500,
    /^the handler failed in line 2: ValueError: no\nline 2, in handler: x$/,
  ],
  [
    'tools that it does not have',
    { failed: { kind: 'raised', message: "NameError: name 'tools' is not defined" } },
    {},
    500,
    /hint: a handler has no tools/,
  ],
  [
    'an argument that it does not take',
    {
      failed: {
        kind: 'raised',
        message: 'TypeError: handler() got an unexpected keyword argument',
      },
    },
    {},
    500,
    /hint: what handler takes/,
  ],
  [
    'an end of its program',
    { failed: { kind: 'ended', message: 'SystemExit: 1' } },
    {},
    500,
    /ended its program \(SystemExit: 1\)/,
  ],
  [
    'values that JSON does not know',
    { failed: { kind: 'unfit', message: 'result.x is a set', hint: 'use list' } },
    {},
    500,
    /result.x is a set\nhint: use list/,
  ],
  ['too large a result', { failed: { kind: 'large' } }, {}, 413, /more than 900000 bytes/],
  ['no result in its word', {}, {}, 500, FORM],
  ['no envelope', { result: 'x' }, {}, 500, FORM],
  [
    'a word without any sense',
    { failed: { kind: 7, message: [], trace: {}, line: 'x', module: 1 } },
    {},
    500,
    /the handler failed: it gave no reason/,
  ],
  [
    'a word that moves the cursor',
    { failed: { kind: 'raised', message: '\u001b[2J' } },
    {},
    500,
    /\\x1b\[2J/,
  ],
];

describe('a tool that was made, which says', () => {
  it.each(TOLD)('%s', async (_, said, execution, status, error) => {
    const tool = created('function handler() {}\n', 'javascript');
    const result = await callMade(tool, around(sayingBox(said, execution)));
    expect(result).toMatchObject({ ok: false, status, error: expect.stringMatching(error) });
    expect(JSON.stringify(result)).not.toContain('awp-jail');
  });

  it('its result, and is stopped after it', async () => {
    const box = sayingBox(GOOD, { exitCode: undefined, stopped: 'cancelled' });
    expect(await callMade(created(''), around(box))).toMatchObject({
      ...{ ok: true, data: { sum: 3 } },
      log: expect.stringContaining('went on after its result'),
    });
  });
});
