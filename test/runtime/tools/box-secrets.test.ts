import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import type { GrantedSecret } from '../../../src/ports/host.ts';
import { boxSecrets } from '../../../src/runtime/tools/box-secrets.ts';

function granted(hosts: Record<string, readonly string[]>): ReadonlyMap<string, GrantedSecret> {
  return new Map(
    Object.entries(hosts).map(([name, list]) => [
      name,
      { secret: new Secret(name, `value of ${name}`), hosts: list, tools: undefined },
    ]),
  );
}

describe('secrets for programs', () => {
  const secrets = boxSecrets(
    granted({ B: ['api.example.com', '*.example.org:8443'], A: ['10.0.0.5'], NONE: [] }),
  );

  it('are named when they are bound to hosts', () => {
    expect(secrets?.names).toEqual(['A', 'B']);
  });

  it.each([
    ['B', 'api.example.com', true],
    ['B', 'API.example.com.', true],
    ['B', 'x.example.org:8443', true],
    ['B', 'x.example.org', false],
    ['B', 'api.example.com:8443', false],
    ['A', '10.0.0.5:443', true],
    ['B', 'example.org', false],
    ['B', 'api.example.com.evil.net', false],
    ['B', '10.0.0.5', false],
    ['A', '10.0.0.5', true],
    ['A', 'api.example.com', false],
    ['NONE', 'api.example.com', false],
    ['constructor', 'api.example.com', false],
    ['B', '', false],
  ])('%s to %s: %s', (name, host, may) => {
    expect(secrets?.valueFor(name, host)).toBe(may ? `value of ${name}` : undefined);
  });

  it('are left out when no host may have any', () => {
    expect(boxSecrets(new Map())).toBeUndefined();
    expect(boxSecrets(granted({ A: [] }))).toBeUndefined();
  });
});
