import { describe, expect, it } from 'vitest';
import { creationOption, type DynamicToolsOption } from '../../src/data/creation-options.ts';
import { AgentWorkflow } from '../../src/index.ts';
import { testPlan } from '../make.ts';

const USUAL = {
  namespaces: [{ name: 'dynamic', capabilities: ['compute'], hosts: [], secrets: [] }],
  ...{ maxTotal: 50, maxPerAgent: 10, cache: true, dryRun: true, dryRunMs: 5000, callMs: 10_000 },
  ...{ persist: false, codeReview: false, induction: false },
};
const MAKING = { namespaces: ['dynamic'], maxTools: 10, repairs: 2 };

describe('the option dynamicTools', () => {
  it.each([undefined, false])('%s lets nobody make tools', (option) => {
    expect(creationOption(option)).toBeUndefined();
    const { creation, worker } = testPlan({ ...(option === false && { dynamicTools: option }) });
    expect([creation, worker.making]).toEqual([undefined, undefined]);
    expect(worker.managerControls).not.toContain('codemode.tool_creation');
  });

  it.each<[string, DynamicToolsOption, object, object]>([
    ['true: the usual namespace', true, {}, {}],
    ['no settings: the same', {}, {}, {}],
    [
      'numbers and switches',
      { maxTotal: 3, maxPerAgent: 2, cache: false, dryRun: false },
      {
        ...{ maxTotal: 3, maxPerAgent: 2, cache: false, dryRun: false },
      },
      { maxTools: 2 },
    ],
    [
      'fewer tools of a run than of an agent',
      { maxTotal: 4 },
      { maxTotal: 4, maxPerAgent: 4 },
      { maxTools: 4 },
    ],
    ['times', { dryRunMs: 1, timeoutMs: 99 }, { dryRunMs: 1, callMs: 99 }, {}],
    [
      'what is kept, told and proposed',
      { persist: true, codeReview: true, induction: true },
      {
        ...{ persist: true, codeReview: true, induction: true },
      },
      {},
    ],
    ['no repairs', { repairs: 0 }, {}, { repairs: 0 }],
    [
      'namespaces, each with what its tools can do',
      {
        namespaces: [
          'stats',
          {
            name: 'feeds',
            capabilities: ['network'],
            hosts: ['api.example.com', '*'],
            secrets: ['KEY'],
          },
        ],
      },
      {
        namespaces: [
          { name: 'stats', capabilities: ['compute'], hosts: [], secrets: [] },
          {
            ...{ name: 'feeds', capabilities: ['compute', 'network'] },
            ...{ hosts: ['api.example.com', '*'], secrets: ['KEY'] },
          },
        ],
      },
      { namespaces: ['stats', 'feeds'] },
    ],
  ])('%s', (_, option, creation, making) => {
    const secrets = { KEY: { value: 'k', hosts: ['api.example.com'] } };
    const plan = testPlan({ dynamicTools: option, secrets });
    expect(plan.creation).toEqual({ ...USUAL, ...creation });
    expect(plan.worker.making).toEqual({ ...MAKING, ...making });
    expect(plan.worker.managerControls).toContain('codemode.tool_creation');
    expect(() => new AgentWorkflow({ task: 't', dynamicTools: option, secrets })).not.toThrow();
  });

  it('leaves to the manager what the program lets it choose', () => {
    const { worker } = testPlan({ dynamicTools: true, managerControls: ['instructions'] });
    expect(worker.managerControls).toEqual(['instructions']);
    expect(worker.making).toEqual(MAKING);
  });

  const wrong = (name: unknown) => ({ namespaces: [name] });
  it.each<[string, unknown, string, string]>([
    ['a word', 'yes', 'dynamicTools cannot be "yes"', 'true, false, or settings'],
    ['a list', ['dynamic'], 'dynamicTools cannot be ["dynamic"]', 'true, false, or settings'],
    ['null', null, 'dynamicTools cannot be null', 'true, false, or settings'],
    [
      'a number below its least',
      { maxTotal: -1 },
      'dynamicTools.maxTotal cannot be -1',
      'at least 0',
    ],
    ['half a tool', { maxPerAgent: 1.5 }, 'dynamicTools.maxPerAgent cannot be 1.5', 'whole number'],
    ['no number', { dryRunMs: '5s' }, 'dynamicTools.dryRunMs cannot be "5s"', 'whole number'],
    ['NaN', { timeoutMs: Number.NaN }, 'dynamicTools.timeoutMs cannot be NaN', 'at least 1'],
    ['no time', { timeoutMs: 0 }, 'dynamicTools.timeoutMs cannot be 0', 'at least 1'],
    ['repairs without end', { repairs: 1000 }, 'dynamicTools.repairs cannot be 1000', 'at most 10'],
    ['no switch', { cache: 1 }, 'dynamicTools.cache cannot be 1', 'true or false'],
    ['no namespace', { namespaces: [] }, 'dynamicTools.namespaces cannot be []', 'a list of names'],
    [
      'no list of namespaces',
      { namespaces: 'x' },
      'dynamicTools.namespaces cannot be "x"',
      'a list',
    ],
    [
      'a namespace twice',
      { namespaces: ['a', { name: 'a' }] },
      'dynamicTools.namespaces cannot be "a"',
      'once',
    ],
    [
      'a reserved one',
      wrong('shell'),
      'dynamicTools.namespaces[0].name cannot be "shell"',
      'built-in',
    ],
    ['ours', wrong('tools'), 'dynamicTools.namespaces[0].name cannot be "tools"', 'built-in'],
    [
      'capitals',
      wrong('Stats'),
      'dynamicTools.namespaces[0].name cannot be "Stats"',
      'a-z, 0-9 and _',
    ],
    ['a dot', wrong('a.b'), 'dynamicTools.namespaces[0].name cannot be "a.b"', 'a-z, 0-9 and _'],
    ['a line end', wrong('stats\n'), 'namespaces[0].name cannot be "stats\\n"', 'a-z, 0-9 and _'],
    ['a look-alike', wrong('dyn\u0430mic'), 'namespaces[0].name cannot be', 'a-z, 0-9 and _'],
    ['all', wrong('*'), 'dynamicTools.namespaces[0].name cannot be "*"', 'a-z, 0-9 and _'],
    [
      'no name',
      wrong({ hosts: [] }),
      'dynamicTools.namespaces[0].name cannot be',
      'it has no name',
    ],
    [
      'a number for a name',
      wrong(7),
      'dynamicTools.namespaces[0] cannot be 7',
      'a name, or settings',
    ],
    [
      'a capability that there is not',
      wrong({ name: 'a', capabilities: ['root'] }),
      'namespaces[0].capabilities cannot be "root"',
      'compute, network, filesystem',
    ],
    [
      'no list of capabilities',
      wrong({ name: 'a', capabilities: 'network' }),
      'namespaces[0].capabilities cannot be "network"',
      'a list of texts',
    ],
    [
      'an address of a page',
      wrong({ name: 'a', hosts: ['https://x.example'] }),
      'namespaces[0].hosts cannot be "https://x.example"',
      'name only the host',
    ],
    [
      'an empty host',
      wrong({ name: 'a', hosts: [''] }),
      'namespaces[0].hosts cannot be ""',
      'it is empty',
    ],
    [
      'a whole top level',
      wrong({ name: 'a', hosts: ['*.com'] }),
      'namespaces[0].hosts cannot be "*.com"',
      'top-level',
    ],
    [
      'hosts without a network',
      wrong({ name: 'a', hosts: ['api.example.com'] }),
      'namespaces[0].hosts cannot be ["api.example.com"]',
      "capabilities: ['network']",
    ],
    [
      'no name of a secret',
      wrong({ name: 'a', secrets: ['A B'] }),
      'namespaces[0].secrets cannot be "A B"',
      'no name of a secret',
    ],
  ])('refuses %s', (_, option, message, hint) => {
    const error = caught(() => creationOption(option as DynamicToolsOption));
    expect(error).toMatchObject({
      code: 'usage/bad-option',
      message: expect.stringContaining(message),
    });
    expect(String(error.hint)).toContain(hint);
    const start = () =>
      new AgentWorkflow({ task: 't', dynamicTools: option as DynamicToolsOption });
    expect(caught(start)).toMatchObject({ code: 'usage/bad-option' });
  });

  it.each<[string, unknown, string]>([
    ['dynamicTools.maxTotl', { maxTotl: 1 }, 'did you mean maxTotal?'],
    ['dynamicTools.__proto__', JSON.parse('{"__proto__": 1}'), 'known: '],
    ['dynamicTools.constructor', { constructor: 1 }, 'known: '],
    ['dynamicTools.namespaces[0].host', wrong({ name: 'a', host: [] }), 'did you mean hosts?'],
  ])('has no %s', (name, option, hint) => {
    const error = caught(() => creationOption(option as DynamicToolsOption));
    expect(error).toMatchObject({
      ...{ code: 'usage/unknown-option', message: `there is no option ${name}` },
      hint: expect.stringContaining(hint),
    });
  });

  it('asks for secrets that the run has', () => {
    const dynamicTools = { namespaces: [{ name: 'feeds', secrets: ['KEY'] }] };
    const start = () => new AgentWorkflow({ task: 't', dynamicTools });
    expect(caught(start)).toMatchObject({
      code: 'usage/bad-option',
      message: 'dynamicTools.namespaces: the run has no secret KEY',
    });
  });
});

function caught(act: () => unknown): { code?: string; message?: string; hint?: string } {
  try {
    act();
  } catch (error) {
    return error as { code?: string };
  }
  throw new Error('nothing was thrown');
}
