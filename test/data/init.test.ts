import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import { compliance } from '../../src/data/compliance.ts';
import { type InitOptions, init } from '../../src/data/init.ts';
import { delegation } from '../../src/data/templates/delegation.ts';
import { hello } from '../../src/data/templates/hello.ts';
import { templates } from '../../src/data/templates/index.ts';
import { validate } from '../../src/data/validate.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import { editorSchema } from '../../src/models/editor-schema.ts';
import { temporaryFolder } from '../make.ts';

const FOR_EDITORS = [
  '.awp/.gitignore',
  '.awp/schema/agent.schema.json',
  '.awp/schema/workflow.schema.json',
  '.env.example',
  '.gitignore',
  '.vscode/extensions.json',
  '.vscode/settings.json',
  '.vscode/tasks.json',
];

/** Files below a folder, by path. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** The error that `init` ends with. */
async function refused(folder: string, options: InitOptions): Promise<AwpError> {
  const error = await init(folder, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AwpError) return error;
  throw new Error('init was not refused', { cause: error });
}

describe.each(templates)('the template $name', (template) => {
  it('passes awp validate --strict and reaches its level', async () => {
    using place = temporaryFolder();
    const folder = join(place.path, 'my-flow');
    const { name, written, report } = await init(folder, { template });
    expect(name).toBe('my-flow');
    expect(written.toSorted()).toEqual(filesIn(folder));
    expect(report.diagnostics.filter(({ severity }) => severity !== 'info')).toEqual([]);
    const strict = await validate(folder, { strict: true });
    expect([strict.ok, strict.errors, strict.warnings]).toEqual([true, 0, 0]);
    const reached = await compliance(folder);
    expect(reached).toMatchObject({ target: template.level, compliant: true });
  });
});

describe('init', () => {
  it.each([
    ['Übersicht für Läden', 'ubersicht-fur-laden'],
    ['01-news', 'news'],
    ['x', 'my-workflow'],
    ['日本', 'my-workflow'],
    ['constructor', 'constructor'],
    [`${'long-'.repeat(20)}end`, `${'long-'.repeat(12)}long`],
  ])('names the workflow after its folder: %s', async (called, name) => {
    using place = temporaryFolder();
    const made = await init(join(place.path, called), { template: delegation });
    expect(made.name).toBe(name);
    const strict = await validate(made.folder, { strict: true });
    expect([strict.errors, strict.warnings]).toEqual([0, 0]);
  });

  it('writes schemas, settings, an example of secrets and .gitignore beside the template', async () => {
    using place = temporaryFolder();
    const { folder } = await init(join(place.path, 'flow'), { template: hello });
    expect(filesIn(folder).filter((path) => path.startsWith('.'))).toEqual(FOR_EDITORS);
    for (const kind of ['workflow', 'agent'] as const) {
      const text = readFileSync(join(folder, `.awp/schema/${kind}.schema.json`), 'utf8');
      expect(JSON.parse(text)).toEqual(editorSchema(kind));
    }
    for (const name of ['settings', 'extensions', 'tasks']) {
      JSON.parse(readFileSync(join(folder, `.vscode/${name}.json`), 'utf8'));
    }
  });

  it.each(templates)('$name: names the schema on the first line of each file', async (template) => {
    using place = temporaryFolder();
    const { folder, written } = await init(join(place.path, 'flow'), { template });
    for (const path of written.filter((one) => one.endsWith('.awp.yaml'))) {
      const [line = ''] = readFileSync(join(folder, path), 'utf8').split('\n');
      const schema = /^# yaml-language-server: \$schema=(\..*)$/.exec(line)?.[1] ?? 'none';
      const { $id } = JSON.parse(readFileSync(join(folder, dirname(path), schema), 'utf8'));
      expect($id).toMatch(path === 'workflow.awp.yaml' ? /:workflow$/ : /:agent$/);
    }
  });

  it('has findings of `awp validate --format unix` shown as problems', async () => {
    using place = temporaryFolder();
    const { folder } = await init(join(place.path, 'flow'), { template: hello });
    const { tasks } = JSON.parse(readFileSync(join(folder, '.vscode/tasks.json'), 'utf8'));
    const { regexp } = tasks[0].problemMatcher.pattern;
    const line = 'workflow.awp.yaml:4:9: error R2: `a: b` cannot be the name';
    expect(new RegExp(regexp).exec(line)?.slice(1)).toEqual([
      ...['workflow.awp.yaml', '4', '9', 'error', 'R2', '`a: b` cannot be the name'],
    ]);
  });

  it('leaves .gitignore away when told so', async () => {
    using place = temporaryFolder();
    const { folder } = await init(join(place.path, 'flow'), { template: hello, git: false });
    expect(filesIn(folder)).not.toContain('.gitignore');
  });

  it('has nothing to do where all files are there and the same', async () => {
    using place = temporaryFolder();
    const folder = join(place.path, 'flow');
    await init(folder, { template: delegation });
    const again = await init(folder, { template: delegation });
    expect([again.written, again.report.ok]).toEqual([[], true]);
  });

  it('writes only what is missing', async () => {
    using place = temporaryFolder();
    put(place.path, 'flow/.env.example', 'MINE=1\n');
    put(place.path, 'flow/notes.md', 'mine\n');
    const folder = join(place.path, 'flow');
    const { written } = await init(folder, { template: hello, force: true });
    expect(written).toContain('.env.example');
    expect(readFileSync(join(folder, 'notes.md'), 'utf8')).toBe('mine\n');
  });

  it('refuses files that differ, names them, and writes nothing', async () => {
    using place = temporaryFolder();
    const folder = join(place.path, 'flow');
    put(folder, 'workflow.awp.yaml', 'mine\n');
    put(folder, '.vscode/settings.json', '{}\n');
    const error = await refused(folder, { template: hello });
    expect(error.code).toBe('usage/exists');
    expect(error.message).toMatch(/: workflow\.awp\.yaml, \.vscode\/settings\.json$/);
    expect(error.hint).toContain('--force');
    expect(filesIn(folder)).toEqual(['.vscode/settings.json', 'workflow.awp.yaml']);
  });

  it('names at most eight files that differ', async () => {
    using place = temporaryFolder();
    const folder = join(place.path, 'flow');
    const { written } = await init(folder, { template: hello, git: false });
    for (const path of written) put(folder, path, 'mine');
    const { message } = await refused(folder, { template: hello, git: false });
    expect(message.split(', ')).toHaveLength(9);
    expect(message).toMatch(/, …$/);
  });

  it('does not write through a link, and replaces it when forced', async () => {
    using place = temporaryFolder();
    const folder = join(place.path, 'flow');
    put(place.path, 'other', 'kept\n');
    for (const path of ['workflow.awp.yaml', '.gitignore']) {
      mkdirSync(folder, { recursive: true });
      symlinkSync('../other', join(folder, path));
    }
    const error = await refused(folder, { template: hello });
    expect(error.message).toMatch(/: workflow\.awp\.yaml, \.gitignore$/);
    await init(folder, { template: hello, force: true });
    expect(readFileSync(join(place.path, 'other'), 'utf8')).toBe('kept\n');
    expect(readFileSync(join(folder, 'workflow.awp.yaml'), 'utf8')).toContain('name: flow');
  });

  it.each([
    ['node_modules/\n.env\n', 'node_modules/\n.env\nsecrets.yaml\n*.pem\n*.key\n'],
    ['dist/', 'dist/\n.env\nsecrets.yaml\n*.pem\n*.key\nnode_modules/\n'],
    ['*.key\n*.pem\nsecrets.yaml\n.env\nnode_modules/', undefined],
    ['', '.env\nsecrets.yaml\n*.pem\n*.key\nnode_modules/\n'],
  ])('completes the .gitignore of a repository: %j', async (text, wanted) => {
    using place = temporaryFolder();
    const folder = join(place.path, 'flow');
    put(folder, '.git/HEAD', 'ref: refs/heads/main\n');
    put(folder, '.gitignore', text);
    const { written, report } = await init(folder, { template: hello });
    expect(report.ok).toBe(true);
    expect(written.includes('.gitignore')).toBe(wanted !== undefined);
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe(wanted ?? text);
    expect((await init(folder, { template: hello })).written).toEqual([]);
  });

  it.each([
    ['a file in the place of the folder', 'flow', 'flow is no folder'],
    ['a file in the place of a folder inside', 'flow/agents', 'flow/agents is no folder'],
    ['a folder in the place of a file', 'flow/.env.example/x', '.env.example is no file'],
  ])('refuses %s, forced or not, and writes nothing', async (_, path, said) => {
    using place = temporaryFolder();
    put(place.path, path, '');
    for (const force of [false, true]) {
      const error = await refused(join(place.path, 'flow'), { template: hello, force });
      expect(error.code).toBe('usage/in-the-way');
      expect(error.message).toContain(said);
    }
    expect(filesIn(place.path)).toEqual([path]);
  });

  it('refuses a folder below a file', async () => {
    using place = temporaryFolder();
    put(place.path, 'note', '');
    const error = await refused(join(place.path, 'note/a/b'), { template: hello });
    expect(error.code).toBe('usage/in-the-way');
    expect(error.message).toMatch(/note is no folder/);
  });

  it.each(['info', 'makeFolder', 'write'] as const)(
    'tells why a folder cannot be written to: %s',
    async (call) => {
      using place = temporaryFolder();
      const denied = async () => {
        throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
      };
      const files = { ...nodeFiles(), [call]: denied };
      const error = await refused(join(place.path, 'flow'), { template: hello, files });
      expect(error.code).toBe('usage/not-writable');
      expect(error.cause).toMatchObject({ code: 'EACCES' });
      expect(filesIn(place.path)).toEqual([]);
    },
  );

  it('reports what is wrong with files that were there before', async () => {
    using place = temporaryFolder();
    const folder = join(place.path, 'flow');
    put(folder, 'agents/other/agent.awp.yaml', 'awp_agent: 7\n');
    const { report } = await init(folder, { template: hello });
    expect(report.ok).toBe(false);
    expect(report.diagnostics.map(({ file }) => file)).toContain('agents/other/agent.awp.yaml');
  });
});
