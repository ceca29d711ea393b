import { describe, expect, it } from 'vitest';
import { keptText } from '../runtime/creation/kept.ts';
import { findingsBy, folder, manifest } from '../validator/rules/write.ts';

const FOLDER = 'workspace/dynamic_tools';
const ON = 'dynamic_tools: { enabled: true, allowed_namespaces: [stats, { name: net }] }\n';

const said = async (file: string | undefined, settings = ON, name = 'x.json') => {
  const promoted = file === undefined ? {} : { [`${FOLDER}/${name}`]: file };
  const found = await findingsBy('S22', { ...folder(manifest(settings)), ...promoted });
  expect(found.every(({ severity }) => severity === 'warning')).toBe(true);
  return found.map(({ file: path, message }) => `${path}: ${message}`);
};

describe('S22: tools that a person promoted', () => {
  it('are as they should be in all namespaces that are allowed', async () => {
    expect(await said(undefined)).toEqual([]);
    expect(await said(keptText('stats.mean'))).toEqual([]);
    expect(await said(keptText('net.get'))).toEqual([]);
    expect(await said(keptText('dynamic.x'), 'dynamic_tools: { enabled: true }\n')).toEqual([]);
  });

  it.each([
    ['no JSON', '{', /no tool: the file is not the JSON/],
    ['no code', keptText('stats.a', { code: 7 }), /no tool: code of the tool/],
    ['a name that is a path', keptText('../x'), /not the name of a tool/],
    ['a reserved namespace', keptText('shell.execute'), /kept for built-in tools/],
    ['another namespace', keptText('other.a'), /the namespace of `other.a` is not allowed/],
    ['300 KiB', ' '.repeat(300 * 1024), /no tool can be read/],
  ])('with %s are told', async (_, text, message) => {
    expect(await said(text)).toEqual([expect.stringMatching(message)]);
  });

  it('are told once when no tools can be made at all', async () => {
    expect(await said(keptText('stats.a'), '')).toEqual([
      expect.stringMatching(/x.json: the tools in .* are not used/),
    ]);
  });

  it.each(['.hidden.json', 'README.md'])('are none of files such as %s', async (name) => {
    expect(await said('{', ON, name)).toEqual([]);
  });
});
