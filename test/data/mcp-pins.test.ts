import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filePins } from '../../src/data/mcp-pins.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { temporaryFolder } from '../make.ts';

const hashes = { description: 'a', input: 'b', output: 'c', hints: 'd' };

function pinsIn(folder: string) {
  const effects = nodeEffects();
  const get = (name: string) => (name === 'AWP_CONFIG_HOME' ? join(folder, 'awp') : undefined);
  return filePins({ ...effects, secrets: { ...effects.secrets, get } });
}

describe('the file of remembered MCP servers', () => {
  it('is made at the first use, for its user alone', async () => {
    using folder = temporaryFolder();
    const pins = pinsIn(folder.path);
    expect(await pins.read('one')).toBeUndefined();
    await pins.remember('one', { search: hashes });
    expect(await pinsIn(folder.path).read('one')).toEqual({ search: hashes });
    expect(statSync(join(folder.path, 'awp')).mode & 0o777).toBe(0o700);
  });

  it('loses nothing when many are remembered at once', async () => {
    using folder = temporaryFolder();
    const names = Array.from({ length: 20 }, (_, index) => `server ${index}`);
    await Promise.all(names.map((name) => pinsIn(folder.path).remember(name, { t: hashes })));
    for (const name of names) expect(await pinsIn(folder.path).read(name)).toEqual({ t: hashes });
  });

  it('replaces what was known of a server', async () => {
    using folder = temporaryFolder();
    const pins = pinsIn(folder.path);
    await pins.remember('one', { old: hashes });
    await pins.remember('one', { new: hashes });
    expect(await pins.read('one')).toEqual({ new: hashes });
  });

  it.each([
    '',
    '{',
    '[]',
    '{"version": 2, "servers": {}}',
    '{"version":1,"servers":{"a":{"t":{}}}}',
  ])('is an error and not a first use when it is damaged: %s', async (text) => {
    using folder = temporaryFolder();
    const pins = pinsIn(folder.path);
    await pins.remember('one', {});
    const path = join(folder.path, 'awp/pins.json');
    writeFileSync(path, text);
    await expect(pins.read('one')).rejects.toMatchObject({ code: 'mcp/bad-pins' });
    await expect(pins.remember('two', {})).rejects.toMatchObject({ code: 'mcp/bad-pins' });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
