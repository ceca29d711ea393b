import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../src/events/decision.ts';
import type { Frame } from '../../src/events/state.ts';
import { orderedWorker } from '../../src/runtime/worker-order.ts';
import { testPlan } from '../make.ts';

const ALL = ['code.execute', 'file.read'];
const EVERYTHING = [
  ...['instructions', 'skills', 'tools_allowed', 'output_contract', 'temperature'],
  ...['codemode.enabled', 'codemode.tool_creation'],
];
const parent = { agentKey: undefined, instructions: 'The whole task.' } as Frame;
const worker = { name: 'a', askedAs: 'a', role: 'worker', agentKey: undefined } as const;

function ordered(more: Partial<Envelope>, managerControls: readonly string[] = EVERYTHING) {
  const plan = testPlan({
    managerControls,
    packages: ['pandas==2.1', 'scikit_learn'],
    maxOutputTokens: 4000,
  });
  const envelope = { workerId: 'a', instructions: 'Count.', ...more };
  return orderedWorker(plan, { parent, worker, all: ALL }, envelope);
}

const contract = { requiredFields: ['n'] };

describe('what is left of a delegation', () => {
  it('is what it says where the manager controls all', () => {
    const said = { toolsAllowed: ['file.read'], contract, temperature: 0.9, subtaskId: 's1' };
    expect(ordered(said)).toEqual({
      instructions: 'Count.',
      ...{ temperature: 0.9, tools: ['file.read'], contract },
      ...{ order: { subtaskId: 's1' }, notes: [] },
    });
  });

  it('is what the loop has where it says nothing', () => {
    const { temperature, tools, order, notes } = ordered({});
    expect({ temperature, tools, order, notes }).toEqual({
      ...{ temperature: 0.2, tools: ALL, order: undefined, notes: [] },
    });
  });

  it('is what the loop has where the manager controls nothing, and it is told', () => {
    const said = { toolsAllowed: ['file.read'], contract, temperature: 0.9 };
    const codemode = { enabled: false, toolCreation: true };
    expect(ordered({ ...said, codemode, skills: ['x'] }, [])).toEqual({
      ...{ instructions: 'The whole task.', temperature: 0.2, tools: ALL },
      notes: [
        'instructions are not yours to choose: it has the task that you have',
        'tools_allowed is not yours to choose',
        'output_contract is not yours to choose',
        'temperature is not yours to choose',
        'codemode.enabled is not yours to choose',
        'codemode.tool_creation is not yours to choose',
        'skills are not yours to choose',
      ],
    });
  });

  it.each<[string, Envelope['codemode'], readonly string[], object]>([
    ['off', { enabled: false }, ['file.read'], { enabled: false, toolCreation: false }],
    ['on', { enabled: true }, ALL, { enabled: true, toolCreation: false }],
    [
      'without tools of its own',
      { toolCreation: true },
      ALL,
      { enabled: true, toolCreation: false },
    ],
  ])('has programs as the manager says: %s', (_, codemode, tools, said) => {
    expect(ordered({ codemode: codemode! })).toMatchObject({
      tools,
      order: { codemode: said },
    });
  });

  it.each<[string, Partial<Envelope>, object, readonly string[]]>([
    [
      'packages by any spelling',
      { packages: ['Pandas', 'scikit-learn>=1'] },
      { packages: ['pandas==2.1', 'scikit_learn'] },
      [],
    ],
    [
      'packages that nobody declared',
      { packages: ['pandas', 'evil'] },
      { packages: ['pandas==2.1'] },
      ['packages that the author did not declare: "evil"'],
    ],
    ['no packages', { packages: [] }, { packages: [] }, []],
    ['a timeout', { timeoutMs: 1500.5 }, { timeoutMs: 1501 }, []],
    ['a timeout of nothing', { timeoutMs: 0 }, {}, ['timeout must be more than 0']],
    ['fewer tokens', { maxOutputTokens: 500 }, { maxOutputTokens: 500 }, []],
    ['more tokens', { maxOutputTokens: 90_000 }, {}, ['max_tokens is 4000 at most']],
    ['no tokens', { maxOutputTokens: 0 }, {}, ['max_tokens must be 1 or more']],
    [
      'tools that must be called',
      { requiredTools: ['file.read'] },
      { requiredTools: ['file.read'] },
      [],
    ],
  ])('narrows by %s, whatever the manager controls', (_, said, order, notes) => {
    for (const controls of [EVERYTHING, ['instructions']]) {
      const found = ordered(said, controls);
      expect(found.order ?? {}).toEqual(order);
      expect(found.notes).toEqual(notes);
    }
  });
});
