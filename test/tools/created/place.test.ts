import { describe, expect, it } from 'vitest';
import type { Capability } from '../../../src/events/creation.ts';
import { policyIn, reachesOut, secretsIn, seesFiles } from '../../../src/tools/created/place.ts';
import { policy } from '../bench.ts';

const HOSTS = ['api.example.com'];

describe('the box of a namespace', () => {
  it.each<[Capability, readonly string[], boolean]>([
    ['compute', [], false],
    ['network', HOSTS, false],
    ['filesystem', [], true],
  ])('of %s reaches what it is granted, whatever the run may reach', (capability, hosts, files) => {
    const namespace = { capabilities: ['compute', capability] as const, hosts: HOSTS };
    const run = { ...policy, hosts: ['other.example'], session: 'persistent' as const };
    expect(policyIn(namespace, run)).toEqual({ ...run, hosts, session: 'fresh', toolCalls: 16 });
    expect(seesFiles(namespace)).toBe(files);
    expect(reachesOut(namespace)).toBe(hosts.length > 0);
  });

  it('reaches nothing where its list is empty', () => {
    const namespace = { capabilities: ['compute', 'network'] as const, hosts: [] };
    expect(policyIn(namespace, { ...policy, hosts: HOSTS }).hosts).toEqual([]);
    expect(reachesOut(namespace)).toBe(false);
  });

  it('keeps the limits of the run', () => {
    const namespace = { capabilities: ['compute'] as const, hosts: [] };
    expect(policyIn(namespace, { ...policy, memoryMb: 7, toolCalls: 0 })).toMatchObject({
      ...{ memoryMb: 7, toolCalls: 16 },
    });
  });
});

describe('the secrets of a tool', () => {
  const given = {
    names: ['A', 'B', 'C'],
    valueFor: (name: string, host: string) => `${name}@${host}`,
  };

  it.each<[string, readonly string[], readonly string[], readonly string[] | undefined]>([
    ['those that it asked for and its namespace has', ['A', 'B'], ['B', 'C'], ['B']],
    ['none when it asked for none', [], ['A'], undefined],
    ['none when its namespace has none', ['A'], [], undefined],
    ['none that the author did not grant', ['X'], ['X'], undefined],
  ])('are %s', (_, asked, allowed, names) => {
    expect(secretsIn({ secrets: allowed }, { secrets: asked }, given)?.names).toEqual(names);
  });

  it('are none where nothing may be sent, and only their own values are found', () => {
    expect(secretsIn({ secrets: ['A'] }, { secrets: ['A'] }, undefined)).toBeUndefined();
    const secrets = secretsIn({ secrets: ['A'] }, { secrets: ['A'] }, given);
    expect(secrets?.valueFor('A', 'h:443')).toBe('A@h:443');
    expect(secrets?.valueFor('B', 'h:443')).toBeUndefined();
  });
});
