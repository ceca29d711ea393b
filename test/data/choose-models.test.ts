import { describe, expect, it } from 'vitest';
import { beginsSimulated, chooseModels } from '../../src/data/choose-models.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import { ModelError, type ResolvedModel } from '../../src/ports/model-provider.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import type { TapeRoles } from '../../src/providers/tape-format.ts';
import { testHost } from '../make.ts';

const TAPED: TapeRoles = {
  ...{ manager: 'tm', worker: 'tw' },
  fallback: { manager: ['tx'], worker: [] },
};

function chosen(options: Partial<WorkflowOptions>, taped?: TapeRoles, variable?: string) {
  const get = (name: string) => (name === 'LLM_MODEL' ? variable : undefined);
  return chooseModels({ task: 'x', ...options }, { get }, taped);
}

describe('the models of a run', () => {
  it.each<[Partial<WorkflowOptions>, TapeRoles | undefined, object]>([
    [{}, undefined, { manager: 'set', worker: 'set' }],
    [{ model: 'a' }, undefined, { manager: 'a', worker: 'a' }],
    [{ model: 'a', workerModel: 'b' }, undefined, { manager: 'a', worker: 'b' }],
    [
      { model: scriptedModel([], { name: 'own' }), fallbackModels: ['c'] },
      undefined,
      { manager: 'own', worker: 'own', fallback: { manager: ['c'], worker: ['c'] } },
    ],
    [{}, TAPED, TAPED],
    [{ model: 'a' }, TAPED, { manager: 'a', worker: 'a' }],
    [{ workerModel: 'b' }, TAPED, { manager: 'tm', worker: 'b' }],
    [{ fallbackModels: [] }, TAPED, { manager: 'tm', worker: 'tw' }],
  ])('are those of the options, of the tape, of the variable: %o', (options, taped, models) => {
    expect(chosen(options, taped, 'set')).toEqual(models);
  });

  it('must be named by somebody', () => {
    expect(() => chosen({})).toThrow(expect.objectContaining({ code: 'model/none' }));
  });

  const models = (name: string): ResolvedModel => {
    if (name === 'none') throw new ModelError('model/no-key', 'no key');
    const provider = scriptedModel([]);
    return { provider, model: name, price: undefined, simulated: name.startsWith('demo') };
  };

  it.each<[string, readonly string[], boolean]>([
    ['demo', [], true],
    ['demo', ['real'], true],
    ['none', ['demo', 'real'], true],
    ['real', ['demo'], false],
    ['none', ['real', 'demo'], false],
  ])('%s, then %j: simulated is %s, as the first that can be asked', (first, behind, simulated) => {
    const host = { ...testHost('/tmp', { script: [] }), models };
    const agents = [{ model: first, fallback: behind }, { model: 'demo' }];
    expect(beginsSimulated(host, agents)).toBe(simulated);
  });

  it('are none when none of a role can be asked', () => {
    const host = { ...testHost('/tmp', { script: [] }), models };
    expect(() => beginsSimulated(host, [{ model: 'demo' }, { model: 'none' }])).toThrow('no key');
  });
});
