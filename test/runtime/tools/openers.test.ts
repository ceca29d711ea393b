import { describe, expect, it } from 'vitest';
import { AwpError } from '../../../src/base/errors.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { OpenedTools, Tool, ToolOpener } from '../../../src/ports/tool.ts';
import { logOf, only, startTestRun, temporaryFolder, testHost, testPlan } from '../../make.ts';
import { callingModel, countingTool, runCalling, startCalling } from '../calling.ts';

/** Something that brings tools and remembers what became of it. */
function opener(tools: readonly Tool[], more: Partial<OpenedTools> = {}) {
  const log: string[] = [];
  const one: ToolOpener = {
    name: 'test',
    async open() {
      log.push('opened');
      return { tools, close: async () => void log.push('closed'), ...more };
    },
  };
  return { one, log };
}

const rounds = { w: [[['x.y'] as const]] };

describe('what brings tools to a run', () => {
  it('is opened before the first model call and closed when the run has ended', async () => {
    using folder = temporaryFolder();
    const tool = countingTool('x.y');
    const { one, log } = opener([tool], { notes: ['x.z was left out: no reason'] });
    const events = await runCalling(folder.path, {
      rounds,
      tools: [],
      host: { toolOpeners: [one] },
    });
    expect([log, tool.calls.length]).toEqual([['opened', 'closed'], 1]);
    expect(only(events, 'input.resolved')[0]?.data.note).toBe('x.z was left out: no reason');
  });

  it('is closed when another one fails, and the first failure is told', async () => {
    using folder = temporaryFolder();
    const { one, log } = opener([countingTool('x.y')]);
    const failing: ToolOpener = {
      name: 'broken',
      open: async () => {
        throw new AwpError('mcp/timeout', 'it did not answer');
      },
    };
    const host = testHost(folder.path, {
      script: callingModel(rounds),
      tools: [],
      toolOpeners: [one, failing],
    });
    await expect(startTestRun(host, testPlan())).rejects.toMatchObject({ code: 'mcp/timeout' });
    expect(log).toEqual(['opened', 'closed']);
    expect(await host.store.list()).toEqual([]);
  });

  it.each([
    ['x.y', 'x.y', 'two tools are called x.y'],
    ['a.b__c', 'a__b.c', 'a.b__c and a__b.c look alike to models'],
  ])('%s and %s cannot be in one run', async (first, second, message) => {
    using folder = temporaryFolder();
    const { one, log } = opener([countingTool(second)]);
    const start = startCalling(folder.path, {
      rounds,
      tools: [countingTool(first)],
      host: { toolOpeners: [one] },
    });
    await expect(start).rejects.toMatchObject({ code: 'tool/duplicate', message });
    expect(log).toEqual(['opened', 'closed']);
  });

  it('loses tools whose names are too long for models, and says so', async () => {
    using folder = temporaryFolder();
    const name = `x.${'y'.repeat(63)}`;
    const { one } = opener([countingTool(name), countingTool('x.y')]);
    const log = await runCalling(folder.path, { rounds, tools: [], host: { toolOpeners: [one] } });
    expect(only(log, 'input.resolved')[0]?.data.note).toContain(`${name} was left out`);
    expect(only(log, 'agent.started')[1]?.data.tools).toEqual(['x.y']);
  });

  it('a run that names a tool which nothing has does not start', async () => {
    using folder = temporaryFolder();
    const start = startCalling(folder.path, {
      rounds,
      tools: [countingTool('x.y')],
      options: { tools: ['x.z'] },
    });
    await expect(start).rejects.toMatchObject({ code: 'tool/missing' });
  });

  it.each([
    ['usual', ['*.*'], true],
    ['explicit', ['*.*'], false],
    ['explicit', ['x.*'], true],
    ['explicit', ['x.y'], true],
  ] as const)('a tool that ships with the grant %s is had by %j: %s', async (grant, tools, has) => {
    using folder = temporaryFolder();
    const tool = countingTool('x.y', { grant, origin: 'builtin' });
    await runCalling(folder.path, { rounds, tools: [tool], options: { tools } });
    expect(tool.calls).toHaveLength(has ? 1 : 0);
  });
});

describe('secrets of tools', () => {
  const secret = (name: string, tools?: readonly string[]) =>
    [name, { secret: new Secret(name, `value of ${name}`), hosts: [], tools }] as const;

  it.each([
    ['declared', secret('A'), 'value of A'],
    ['granted by pattern', secret('A', ['x.*']), 'value of A'],
    ['granted to others', secret('A', ['z.*']), undefined],
    ['not declared', secret('B'), undefined],
  ])('are had by a tool when %s', async (_, entry, expected) => {
    using folder = temporaryFolder();
    const seen: (string | undefined)[] = [];
    const tool = countingTool('x.y', {
      secrets: ['A?'],
      async run(_args, { secrets }) {
        seen.push(secrets.get('A')?.reveal());
        return { ok: true, status: 200, data: [...secrets.keys()] };
      },
    });
    const { host, run } = await startCalling(folder.path, {
      rounds,
      tools: [tool],
      host: { granted: new Map([entry]) },
    });
    await run.done;
    expect(seen).toEqual([expected]);
    expect(JSON.stringify(await logOf(host.store))).not.toContain('value of');
  });
});
