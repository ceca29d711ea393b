import { describe, expect, it } from 'vitest';
import { criticInstead } from '../../src/data/critic-model.ts';

describe('a model that is named for a run', () => {
  it('is asked in the place of the critic of a workflow, too', () => {
    const policy = { turnWorkers: 2, critique: { mode: 'dedicated', model: 'a/b' } } as const;
    expect(criticInstead(policy, 'demo')).toEqual({
      policy: { turnWorkers: 2, critique: { mode: 'dedicated', model: 'demo' } },
    });
  });

  it.each([
    ['no model is named', { critique: { model: 'a/b' } }, undefined],
    ['the critic has no model of its own', { critique: { model: null } }, 'demo'],
    ['there is a critic and nothing is said of it', { critique: true }, 'demo'],
    ['there is no policy', undefined, 'demo'],
  ])('changes nothing where %s', (_what, policy, model) => {
    expect(criticInstead(policy, model)).toEqual({});
  });
});
