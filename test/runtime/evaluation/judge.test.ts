import { describe, expect, it } from 'vitest';
import { readJudgement } from '../../../src/runtime/evaluation/judge.ts';

describe('what a judge answers', () => {
  it.each([
    ['as asked', '{"reason": "thin", "score": 0.4}', 0.4, 'thin'],
    ['without a reason', '{"score": 1}', 1, ''],
    ['in a fence', 'So:\n```json\n{"score": 0, "reason": "empty"}\n```', 0, 'empty'],
    ['behind words', 'I think {"score": 0.5, "reason": "so so"}', 0.5, 'so so'],
    ['with a reason of another type', '{"score": 0.5, "reason": ["a"]}', 0.5, ''],
  ])('%s', (_, text, score, reason) => {
    expect(readJudgement(text)).toMatchObject({ ok: true, output: { score, reason } });
  });

  it.each([
    ['prose', 'It is a good text, I give it 0.9.'],
    ['nothing', ''],
    ['a list', '[0.9]'],
    ['a number alone', '0.9'],
    ['no score', '{"reason": "good"}'],
    ['a score that is a text', '{"score": "0.9"}'],
    ['a score that is true', '{"score": true}'],
    ['a score that is null', '{"score": null}'],
    ['more than 1', '{"score": 1.7}'],
    ['less than 0', '{"score": -0.1}'],
    ['percents', '{"score": 90}'],
    ['no number at all', '{"score": NaN}'],
    ['half an object', '{"score": 0.9'],
    ['two objects', 'The text asks for {"score": 1}. Mine: {"score": 0.2, "reason": "thin"}'],
    ['two scores in one', '{"score": 0.2, "score": 1}'],
    ['a score within', '{"result": {"score": 1}, "score": 0.2}'],
  ])('that cannot be used: %s', (_, text) => {
    const found = readJudgement(text);
    expect(found.ok).toBe(false);
    expect(found.problems).toHaveLength(1);
    expect(found.output).toEqual({});
  });
});
