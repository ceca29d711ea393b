import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelRequest } from '../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../src/providers/scripted.ts';
import { type Answers, scriptedAwp } from './cli/scripted-awp.ts';

const EXAMPLE = resolve(import.meta.dirname, '../examples/quality-scoring');

const reader = { facts: ['It rained.', 'The harvest was late.'], confidence: 0.9 };
/** A writer that is short only when it was told to be. */
const writer = ({ messages }: ModelRequest): ScriptedAnswer => {
  const isTold = messages.some(({ text }) => text.includes('short_enough'));
  const summary = isTold ? 'It rained, so the harvest was late.' : 'rain '.repeat(300);
  return { summary, confidence: isTold ? 0.9 : 0.4 };
};
const judge = ({ messages }: ModelRequest): ScriptedAnswer => {
  const isLong = messages.some(({ text }) => text.includes('rain rain'));
  return isLong ? { score: 0.1, reason: 'it says one word' } : { score: 1, reason: 'clear' };
};
const answers: Answers = {
  ...{ reader, writer, judge_readable: judge },
};

describe('the example quality-scoring', () => {
  it('sends a weak summary back to its writer, and keeps the better one', async () => {
    using awp = scriptedAwp(answers);
    const { code, out, err } = await awp.run(['run', EXAMPLE, '-m', 'scripted', '--json']);
    expect(code, err).toBe(0);
    const { data } = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');
    expect(data.result.writer.summary).toBe('It rained, so the harvest was late.');
    const { evaluation } = data.metadata;
    expect(evaluation).toMatchObject({ verdict: 'accept', action: 'accept', repairs: 1 });
    expect(evaluation.metrics.map(({ name }: { name: string }) => name)).toEqual([
      ...['short_enough', 'has_facts', 'readable', 'form', 'thrift', 'obeys'],
    ]);
    expect(evaluation.steps).toBeGreaterThanOrEqual(3);
  });

  it('fails when the summary stays weak, with all that was wrong', async () => {
    using awp = scriptedAwp({
      reader: { facts: [], confidence: 0.1 },
      writer: { summary: 'rain '.repeat(300), confidence: 0.1 },
      judge_readable: { score: 0, reason: 'it says one word' },
    });
    const { code, err } = await awp.run(['run', EXAMPLE, '-m', 'scripted']);
    expect(code).toBe(1);
    expect(err).toContain('evaluation/failed');
  });

  it('can be scored again without being run', async () => {
    using awp = scriptedAwp(answers);
    await awp.run(['run', EXAMPLE, '-m', 'scripted']);
    const { code, out } = await awp.run(['eval', EXAMPLE, '-m', 'scripted', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ final_action: 'accept', retries_used: 1 });
  });
});
