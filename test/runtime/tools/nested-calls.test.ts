import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import type { AskPerson } from '../../../src/runtime/approvals/desk.ts';
import { nothingKept, only, temporaryFolder } from '../../make.ts';
import { type CallingOptions, countingTool, runCalling, type WorkerCall } from '../calling.ts';

/** Programs of a run that may be at work at the same time. */
const AT_ONCE = 16;

const box: Sandbox = {
  name: 'bwrap',
  isolation: 'a box of a test',
  languages: [{ language: 'python', description: 'Python' }],
  run: async () => {
    throw new Error('no program of this test comes so far');
  },
  ...nothingKept,
};

/** A program that waits for all the others to be there, calls a tool, and waits for it. */
function callingProgram(name: string, together: number): Tool {
  let there = 0;
  const all = Promise.withResolvers<void>();
  return {
    ...countingTool('code.execute', { needsBox: true, parameters: { type: 'object' } }),
    async run(_args, { boxTools, signal }) {
      there += 1;
      if (there === together) all.resolve();
      await all.promise;
      const reply = await boxTools?.call(name, { n: 1 }, signal);
      return {
        ok: true,
        status: 200,
        data: { reply: reply?.status ?? 0, names: [...(boxTools?.names ?? [])] },
      };
    },
  };
}

async function logOfPrograms(
  inside: Tool,
  programs: number,
  { options, ask }: Pick<CallingOptions, 'options' | 'ask'> = {},
): Promise<RunEvent[]> {
  using folder = temporaryFolder();
  const call: WorkerCall = ['code.execute'];
  return await runCalling(folder.path, {
    rounds: { w: [Array.from({ length: programs }, () => call)] },
    tools: [callingProgram(inside.name, Math.min(programs, AT_ONCE)), inside],
    options: { budget: { tools: 1000 }, tools: ['*.*'], ...options },
    host: { sandbox: box },
    ...(ask && { ask }),
  });
}

const replies = (log: readonly RunEvent[]) =>
  only(log, 'tool.returned').flatMap(({ data }) =>
    data.tool === 'code.execute' ? [(data.data as { reply: number }).reply] : [],
  );

describe('a tool that runs a program of its own and calls none', () => {
  const nested = () =>
    countingTool('made.tool', {
      needsBox: true,
      nested: true,
      origin: 'dynamic',
      idempotent: true,
    });

  it('can be called by as many programs as there may be, which all wait for it', async () => {
    const inside = nested();
    const log = await logOfPrograms(inside, AT_ONCE);
    expect(replies(log)).toEqual(Array(AT_ONCE).fill(200));
    expect(inside.calls).toHaveLength(AT_ONCE);
  });

  it('is called by programs that wait for room as soon as there is some', async () => {
    const log = await logOfPrograms(nested(), AT_ONCE + 4);
    expect(replies(log)).toEqual(Array(AT_ONCE + 4).fill(200));
  });

  it('is among the tools of programs, and its calls are in the log under theirs', async () => {
    const log = await logOfPrograms(nested(), 1);
    const [program, inner] = only(log, 'tool.called');
    expect(inner?.data).toMatchObject({
      tool: 'made.tool',
      args: { n: 1 },
      parentCall: program?.data.call,
    });
    expect(inner?.data.call).toBe(`${program?.data.call}.i1`);
    const returned = only(log, 'tool.returned').map(({ data }) => data.tool);
    expect(returned).toEqual(['made.tool', 'code.execute']);
    expect(only(log, 'tool.returned').at(-1)?.data.data).toMatchObject({ names: ['made.tool'] });
  });

  it('counts for the budget of calls', async () => {
    const log = await logOfPrograms(nested(), 2, { options: { budget: { tools: 3 } } });
    expect(replies(log).toSorted()).toEqual([200, 429]);
  });

  it.each([
    ['is asked about when it reaches hosts', { network: true }, ['code.execute', 'made.tool']],
    ['is not asked about when it reaches none, whatever programs reach', {}, ['code.execute']],
  ])('%s', async (_, more, expected) => {
    const asked: string[] = [];
    const inside = { ...nested(), ...more };
    const ask: AskPerson = async ({ tool }) => {
      asked.push(tool);
      return { decision: 'approved', by: 'test' };
    };
    const options = { approve: ['network' as const], sandbox: { hosts: ['api.example.com'] } };
    const log = await logOfPrograms(inside, 1, { options, ask });
    expect(asked).toEqual(expected);
    const [, inner] = only(log, 'tool.called');
    expect(inner?.data).toMatchObject({ tool: 'made.tool', idempotent: inside.idempotent });
  });
});

it('a tool that could call others itself is none that programs have', async () => {
  const log = await logOfPrograms(countingTool('made.tool', { needsBox: true }), 1);
  expect(replies(log)).toEqual([0]);
});
