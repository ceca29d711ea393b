import { describe, expect, it } from 'vitest';
import type { Execution, Sandbox, SandboxJob } from '../../../../src/ports/sandbox.ts';
import { analyse } from '../../../../src/tools/created/checks/analysis.ts';
import { fakeBox } from '../making.ts';
import { argumentsNamed, box, checked, contextFor, draftOf } from './checking.ts';

let count = 0;
/** Code that no other test has had read. */
const codeOf = (line = 'x + 1'): string => {
  count += 1;
  return `# ${import.meta.url} ${count}\ndef handler(*, x):\n    return {"ok": True, "data": {"x": ${line}}}\n`;
};
const reading = async (sandbox: Sandbox, code: string) =>
  await analyse({ code, language: 'python' }, contextFor({ sandbox: async () => sandbox }));

describe('reading Python in the box', () => {
  it('is not kept when the box stopped it: the machine may have had a lot to do', async () => {
    const answers: Partial<Execution>[] = [
      { exitCode: undefined, stopped: 'timeout' },
      { stdout: '{"input": {"reads": ["x"], "open": false, "used": true}}\n' },
    ];
    const sandbox = fakeBox(async () => answers.shift() ?? {});
    const code = codeOf();
    expect(await reading(sandbox, code)).toMatchObject({
      unread: expect.stringContaining('(timeout)'),
      repairable: true,
    });
    expect(await reading(sandbox, code)).toMatchObject({ input: { reads: ['x'] } });
    expect(await reading(sandbox, code)).toMatchObject({ input: { reads: ['x'] } });
    expect(sandbox.jobs).toHaveLength(2);
  });

  it('takes our program in the form that the box starts soonest', async () => {
    const jobs: SandboxJob[] = [];
    const sandbox = {
      ...fakeBox(async (job) => {
        jobs.push(job);
        return { stdout: '{"input": {}}\n' };
      }),
      compiled: async (text: string) => `compiled ${text.includes('class Reader')}`,
    };
    await reading(sandbox, codeOf());
    expect(jobs.map(({ code }) => code)).toEqual(['compiled true']);
  });

  it.runIf(box)('finds the same in both forms', async () => {
    const code = `import os\n${codeOf('eval("1")')}`;
    const sandbox = box as Sandbox;
    const { compiled, ...plain } = sandbox;
    const quick = await reading(sandbox, code);
    // The same code in other words: what was read is known.
    const slow = await reading(plain, `${code}\n`);
    expect(compiled).toBeDefined();
    expect(quick).toEqual(slow);
    expect(quick).toMatchObject({ imports: [{ module: 'os', line: 1 }], used: [{ name: 'eval' }] });
  });

  it.runIf(box)('needs no room in what programs of the run may print', async () => {
    const { sandboxPolicy } = contextFor();
    const context = contextFor({ sandboxPolicy: { ...sandboxPolicy, outputChars: 1 } });
    const names = Array.from({ length: 90 }, (_, index) => `argument_${index}`);
    const code = `# ${count}\ndef handler(*, ${names.join(', ')}):\n    return {"ok": True, "data": [${names.join(', ')}]}\n`;
    const draft = draftOf('python', code, { parameters: argumentsNamed(...names) });
    expect(await checked(draft, undefined, context)).toBeUndefined();
  });
});
