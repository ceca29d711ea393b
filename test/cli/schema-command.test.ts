import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { jsonSchema, SCHEMA_NAMES } from '../../src/data/json-schema.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import { temporaryFolder } from '../make.ts';
import { fakeShell } from './fake-shell.ts';

async function schema(cwd: string, ...argv: string[]) {
  const shell = fakeShell({ cwd, effects: { files: nodeFiles() } });
  const code = await runCli(['schema', ...argv], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

describe('awp schema', () => {
  it.each(SCHEMA_NAMES)('prints the schema of %s, which is one', async (name) => {
    const { code, out, err } = await schema('/', name);
    expect([code, err]).toEqual([0, '']);
    const printed = JSON.parse(out);
    expect(printed).toEqual(jsonSchema(name));
    expect(printed.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(new Ajv2020({ strict: false, validateFormats: false }).validateSchema(printed)).toBe(
      true,
    );
  });

  it.each(SCHEMA_NAMES)('is the file of schemas/ too: %s', async (name) => {
    const file = join(import.meta.dirname, `../../schemas/${name}.schema.json`);
    expect((await schema('/', name)).out).toBe(readFileSync(file, 'utf8'));
  });

  it('prints that of a workflow unless told otherwise', async () => {
    expect(await schema('/')).toEqual(await schema('/', 'workflow'));
  });

  it.each(['-o', '--output'])('writes to a file with %s', async (option) => {
    using folder = temporaryFolder();
    const { code, out } = await schema(folder.path, 'event', option, 'event.json');
    expect([code, out]).toEqual([0, '']);
    const written = readFileSync(join(folder.path, 'event.json'), 'utf8');
    expect(written).toBe((await schema('/', 'event')).out);
  });

  it('tells why a file cannot be written', async () => {
    using folder = temporaryFolder();
    const { code, err } = await schema(folder.path, 'agent', '-o', 'nowhere/agent.json');
    expect(code).toBe(2);
    expect(err).toContain('error[usage/not-writable]: nowhere/agent.json cannot be written');
    expect(err).toContain('ENOENT');
  });

  it.each([
    ['agnet', 'did you mean agent?'],
    ['results', 'did you mean result?'],
    ['constructor', 'write '],
  ])('has no schema of %s: %s', async (name, hint) => {
    const { code, out, err } = await schema('/', name);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`error[usage/bad-value]`);
    expect(err).toContain(hint);
    expect(err).toContain('workflow, agent, event, result');
  });
});
