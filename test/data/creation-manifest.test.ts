import { describe, expect, it } from 'vitest';
import {
  agentMaking,
  dynamicTools,
  innerMaking,
  loopDynamicTools,
  loopMaking,
  rootMaking,
} from '../../src/data/creation-manifest.ts';
import { creationOption } from '../../src/data/creation-options.ts';
import { capabilitiesSchema } from '../../src/models/capabilities.ts';
import { delegationLoopSchema } from '../../src/models/delegation.ts';
import { type Manifest, manifestSchema } from '../../src/models/manifest.ts';

const HEAD = { awp: '1.0.0', workflow: { name: 'news-digest' } };
const manifestOf = (more: object): Manifest => manifestSchema.parse({ ...HEAD, ...more });
const toolsOf = (more: object): object => ({ dynamic_tools: { enabled: true, ...more } });
const loopOf = (more: object) => delegationLoopSchema.parse(more);
const enforced = (more: object) => loopOf({ worker_policy: { enforced: more } });

/** Names of namespaces and the most tools of one agent. */
function told(option: ReturnType<typeof dynamicTools>): object | undefined {
  const { making } = creationOption(option) ?? {};
  return making && { in: making.namespaces, most: making.maxTools };
}

describe('dynamic_tools of a workflow', () => {
  it.each([{}, { dynamic_tools: {} }, { dynamic_tools: { enabled: false, max_total: 5 } }])(
    '%j lets nobody make tools',
    (more) => {
      expect(dynamicTools(manifestOf(more))).toBeUndefined();
      expect(loopDynamicTools(manifestOf(more), enforced({}))).toBeUndefined();
    },
  );

  it('has the standard’s defaults', () => {
    expect(dynamicTools(manifestOf(toolsOf({})))).toEqual({
      namespaces: [{ name: 'dynamic' }],
      ...{ maxTotal: 50, maxPerAgent: 50, cache: true, dryRun: true, dryRunMs: 5000 },
      ...{ timeoutMs: 10_000, persist: false, codeReview: false, induction: false },
    });
  });

  it('has what it says, in our units', () => {
    const said = toolsOf({
      ...{ max_total: 7, cache: false, dry_run: false, dry_run_timeout_seconds: 2 },
      ...{ timeout_seconds: 3, persist: true, code_review: true, induction: true },
      allowed_namespaces: [
        'stats',
        { name: 'feeds', capabilities: ['network'], network_allowlist: ['*'], secrets: ['KEY'] },
      ],
    });
    expect(creationOption(dynamicTools(manifestOf(said)))?.creation).toEqual({
      namespaces: [
        { name: 'stats', capabilities: ['compute'], hosts: [], secrets: [] },
        { name: 'feeds', capabilities: ['compute', 'network'], hosts: ['*'], secrets: ['KEY'] },
      ],
      ...{ maxTotal: 7, maxPerAgent: 7, cache: false, dryRun: false, dryRunMs: 2000 },
      ...{ callMs: 3000, persist: true, codeReview: true, induction: true },
    });
  });

  it('gives a network without hosts no host, although the standard allows all', () => {
    const said = toolsOf({ allowed_namespaces: [{ name: 'feeds', capabilities: ['network'] }] });
    const { creation } = creationOption(dynamicTools(manifestOf(said))) ?? {};
    expect(creation?.namespaces[0]?.hosts).toEqual([]);
  });

  const ab = toolsOf({ allowed_namespaces: ['a', 'b'] });
  it.each<[string, object, object, object | undefined]>([
    ['nothing else', {}, {}, { in: ['a', 'b'], most: 10 }],
    [
      'an envelope that speaks of other things',
      { safety_envelope: { forbidden_tools: ['shell.*'] } },
      {},
      { in: ['a', 'b'], most: 10 },
    ],
    [
      'an envelope',
      { safety_envelope: { allowed_namespaces: ['b', 'c'], max_tools: 3 } },
      {},
      { in: ['b'], most: 3 },
    ],
    [
      'the envelope of the loop',
      {},
      { safety_envelope: { allowed_namespaces: ['a'], max_tools: 2 } },
      { in: ['a'], most: 2 },
    ],
    [
      'what is enforced',
      {},
      {
        worker_policy: {
          enforced: { allowed_namespaces: ['a'], codemode: { max_tools_per_worker: 4 } },
        },
      },
      { in: ['a'], most: 4 },
    ],
    [
      'what is enforced, which is wider than the envelope',
      { safety_envelope: { max_tools: 3 } },
      { worker_policy: { enforced: { codemode: { max_tools_per_worker: 400 } } } },
      { in: ['a', 'b'], most: 3 },
    ],
    [
      'more than is usual, where nothing is less',
      { safety_envelope: { max_tools: 30 } },
      { worker_policy: { enforced: { codemode: { max_tools_per_worker: 20 } } } },
      { in: ['a', 'b'], most: 20 },
    ],
    ['none of the namespaces', { safety_envelope: { allowed_namespaces: ['c'] } }, {}, undefined],
    [
      'all namespaces by a star, which is no name',
      { safety_envelope: { allowed_namespaces: ['*'] } },
      {},
      undefined,
    ],
    [
      'two lists without a common one',
      { safety_envelope: { allowed_namespaces: ['a'] } },
      { worker_policy: { enforced: { allowed_namespaces: ['b'] } } },
      undefined,
    ],
  ])('is narrowed by %s', (_, manifest, loop, expected) => {
    expect(told(loopDynamicTools(manifestOf({ ...ab, ...manifest }), loopOf(loop)))).toEqual(
      expected,
    );
  });
});

const MAKING = { namespaces: ['a', 'b'], maxTools: 5, repairs: 2 };

describe('what workers of a loop that is a node may make', () => {
  it.each<[string, object, object | undefined]>([
    ['is what its graph allows', {}, MAKING],
    [
      'is less by what it enforces',
      { worker_policy: { enforced: { allowed_namespaces: ['b'] } } },
      { ...MAKING, namespaces: ['b'] },
    ],
    ['is less by its envelope', { safety_envelope: { max_tools: 1 } }, { ...MAKING, maxTools: 1 }],
    [
      'is not more',
      { worker_policy: { enforced: { codemode: { max_tools_per_worker: 99 } } } },
      MAKING,
    ],
    [
      'is nothing without a common namespace',
      { safety_envelope: { allowed_namespaces: [] } },
      undefined,
    ],
  ])('%s', (_, loop, expected) => {
    expect(loopMaking(MAKING, loopOf(loop))).toEqual(expected);
    expect(loopMaking(undefined, loopOf(loop))).toBeUndefined();
  });
});

describe('what an agent of a graph may make', () => {
  const codemode = (more: object) =>
    capabilitiesSchema.parse({ codemode: { enabled: true, tool_creation: true, ...more } })
      .codemode;

  it.each<[string, object, object | undefined]>([
    [
      'is in its namespace',
      { tool_creation_namespace: 'a' },
      { namespaces: ['a'], maxTools: 5, repairs: 2 },
    ],
    [
      'is as many as it says',
      { tool_creation_namespace: 'b', max_tools: 1, repair_attempts: 0 },
      { namespaces: ['b'], maxTools: 1, repairs: 0 },
    ],
    [
      'is not more',
      { tool_creation_namespace: 'b', max_tools: 1000 },
      { namespaces: ['b'], maxTools: 5, repairs: 2 },
    ],
    ['is nothing in a namespace that is not there', {}, undefined],
    ['is nothing in all of them', { tool_creation_namespace: '*' }, undefined],
    [
      'is nothing unless it makes some',
      { tool_creation_namespace: 'a', tool_creation: false },
      undefined,
    ],
    [
      'is nothing without code mode (R26)',
      { tool_creation_namespace: 'a', enabled: false },
      undefined,
    ],
  ])('%s', (_, more, expected) => {
    expect(agentMaking(MAKING, codemode(more))).toEqual(expected);
    expect(agentMaking(undefined, codemode(more))).toBeUndefined();
  });
});

describe('what agents of a sub-workflow may make', () => {
  const feeds = (more: object) => ({
    name: 'feeds',
    ...{
      capabilities: ['network'],
      network_allowlist: ['a.example.com'],
      secrets: ['KEY'],
      ...more,
    },
  });
  const outer = creationOption(
    dynamicTools(manifestOf(toolsOf({ allowed_namespaces: ['a', feeds({})], max_total: 20 }))),
  );

  it.each<[string, object, object | undefined]>([
    ['is nothing unless it says so itself', {}, undefined],
    ['is what both allow', toolsOf({ allowed_namespaces: ['a', 'c'] }), { in: ['a'], most: 20 }],
    [
      'is the smaller number',
      toolsOf({ allowed_namespaces: ['a'], max_total: 2 }),
      { in: ['a'], most: 2 },
    ],
    [
      'is within its envelope',
      { ...toolsOf({ allowed_namespaces: ['a'] }), safety_envelope: { max_tools: 1 } },
      { in: ['a'], most: 1 },
    ],
    [
      'is where its author grants as much',
      toolsOf({ allowed_namespaces: [feeds({})] }),
      { in: ['feeds'], most: 20 },
    ],
    [
      'is where its author grants more',
      toolsOf({
        allowed_namespaces: [
          feeds({ network_allowlist: ['*'], capabilities: ['network', 'filesystem'] }),
        ],
      }),
      { in: ['feeds'], most: 20 },
    ],
    [
      'is not where its author grants no network',
      toolsOf({ allowed_namespaces: ['feeds'] }),
      undefined,
    ],
    [
      'is not where its author grants other hosts',
      toolsOf({ allowed_namespaces: [feeds({ network_allowlist: ['b.example.com'] })] }),
      undefined,
    ],
    [
      'is not where its author grants no secrets',
      toolsOf({ allowed_namespaces: [feeds({ secrets: [] })] }),
      undefined,
    ],
  ])('%s', (_, manifest, expected) => {
    const making = innerMaking(outer, manifestOf(manifest))?.making;
    expect(making && { in: making.namespaces, most: making.maxTools }).toEqual(expected);
    expect(innerMaking(undefined, manifestOf(manifest))).toBeUndefined();
  });

  it('and of the outermost one is within its envelope, whatever a program says', () => {
    const creating = creationOption({ namespaces: ['a', 'b'], maxPerAgent: 9 });
    const envelope = { safety_envelope: { allowed_namespaces: ['b'], max_tools: 1 } };
    expect(rootMaking(creating, manifestOf(envelope))?.making).toEqual({
      ...{ namespaces: ['b'], maxTools: 1, repairs: 2 },
    });
    expect(rootMaking(creating, manifestOf({}))).toEqual(creating);
    expect(rootMaking(undefined, manifestOf(envelope))).toBeUndefined();
  });
});
