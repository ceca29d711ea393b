import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scriptedAwp } from '../cli/scripted-awp.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/agent-code');

describe('the example of agents as code', () => {
  it('runs once it is trusted; checking and drawing it run nothing', async () => {
    const seen: string[] = [];
    using awp = scriptedAwp({
      counter: { text: ' Tides \n' },
      summary: ({ messages }) => {
        seen.push(JSON.stringify(messages));
        return { summary: 'Short.', confidence: 1 };
      },
    });
    expect(await awp.run(['validate', EXAMPLE])).toMatchObject({ code: 0 });
    expect(await awp.run(['visualize', EXAMPLE])).toMatchObject({ code: 0 });
    const argv = ['run', EXAMPLE, '-m', 'scripted', '--run-id', 'r-code'];
    const untrusted = await awp.run(argv);
    expect(untrusted).toMatchObject({ code: 5 });
    expect(untrusted.err).toMatch(/trust\/needed[\s\S]*agents\/counter\/agent\.ts/);
    const ran = await awp.run([...argv, '--trust']);
    expect(ran, ran.err).toMatchObject({ code: 0 });
    const { out } = await awp.run(['runs', 'show', 'r-code', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      status: 'complete',
      result: { counter: { words: 11, title: 'Tides' }, summary: { summary: 'Short.' } },
    });
    expect(seen.join('')).toContain('longest');
  }, 120_000);
});
