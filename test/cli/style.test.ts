import { describe, expect, it } from 'vitest';
import { type StyleFacts, styleFor } from '../../src/cli/style.ts';

const facts: StyleFacts = { terminal: true, env: () => undefined, noColor: false, os: 'linux' };

function variables(env: Record<string, string>): StyleFacts['env'] {
  return (name) => env[name];
}

describe('colours', () => {
  it.each([
    { where: 'in a terminal', env: {}, wanted: true },
    { where: 'in a pipe', env: {}, terminal: false, wanted: false },
    { where: 'with --no-color', env: { FORCE_COLOR: '1' }, noColor: true, wanted: false },
    { where: 'with NO_COLOR', env: { NO_COLOR: '1', FORCE_COLOR: '1' }, wanted: false },
    { where: 'with an empty NO_COLOR', env: { NO_COLOR: '' }, wanted: true },
    { where: 'with FORCE_COLOR', env: { FORCE_COLOR: '1' }, terminal: false, wanted: true },
    { where: 'with FORCE_COLOR=0', env: { FORCE_COLOR: '0' }, wanted: false },
    { where: 'in a dumb terminal', env: { TERM: 'dumb' }, wanted: false },
  ] as { where: string; env: Record<string, string>; wanted: boolean }[])(
    '$where: $wanted',
    ({ env, wanted, ...rest }) => {
      const style = styleFor({ ...facts, ...rest, env: variables(env) });
      expect(style.paint('ok', 'x') !== 'x').toBe(wanted);
    },
  );
});

describe('marks', () => {
  it.each([
    { where: 'with a UTF-8 locale', env: { LANG: 'de_DE.UTF-8' }, wanted: '✓' },
    { where: 'with C over it', env: { LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, wanted: '+' },
    { where: 'without a locale', env: {}, wanted: '+' },
    { where: 'on macOS without a locale', env: {}, os: 'darwin', wanted: '✓' },
    { where: 'on an old Windows console', env: {}, os: 'win32', wanted: '+' },
    { where: 'in Windows Terminal', env: { WT_SESSION: '1' }, os: 'win32', wanted: '✓' },
  ] as { where: string; env: Record<string, string>; wanted: string }[])(
    '$where: $wanted',
    ({ env, wanted, ...rest }) => {
      expect(styleFor({ ...facts, ...rest, env: variables(env) }).symbols.ok).toBe(wanted);
    },
  );
});
