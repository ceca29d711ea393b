import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { templates } from '../../src/data/templates/index.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import { temporaryFolder } from '../make.ts';
import { fakeShell } from './fake-shell.ts';
import { awp } from './process.ts';

interface Given {
  /** What is typed; there is a terminal when this is given. */
  answer?: string;
}

async function run(cwd: string, argv: readonly string[], { answer }: Given = {}) {
  const typed = answer === undefined ? {} : { terminal: true, input: answer };
  const shell = fakeShell({ cwd, effects: { files: nodeFiles() }, ...typed });
  const code = await runCli(argv, shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

const describedBy = (folder: string): string =>
  /^ {2}description: (.*)$/m.exec(readFileSync(join(folder, 'workflow.awp.yaml'), 'utf8'))?.[1] ??
  'nothing';

const DESCRIPTIONS = new Map(
  templates.map(({ name, files }) => {
    const text = files('x')['workflow.awp.yaml'] ?? '';
    return [name, /^ {2}description: (.*)$/m.exec(text)?.[1]];
  }),
);

describe('awp init', () => {
  it('says what it wrote, what validate says, and what to do next', async () => {
    using folder = temporaryFolder();
    const result = await run(folder.path, ['init', 'my-flow', '--template', 'pipeline']);
    expect(result).toEqual({
      code: 0,
      err: '',
      out: `created  my-flow/workflow.awp.yaml
         my-flow/agents/planner/agent.awp.yaml
         my-flow/agents/planner/workflow/instructions/SYSTEM_PROMPT.md
         my-flow/agents/writer/agent.awp.yaml
         my-flow/agents/writer/workflow/instructions/SYSTEM_PROMPT.md
         and 8 files for editors, secrets and git
checked  0 errors, 0 warnings; 2 agents, level A1
next     cd my-flow && awp run . -m ollama/qwen3
`,
    });
  });

  it.each(templates)('$name passes validate --strict and compliance', async ({ name, level }) => {
    using folder = temporaryFolder();
    const made = join(folder.path, 'Zoë’s flow');
    const { code, out } = await run(folder.path, ['init', 'Zoë’s flow', '--template', name]);
    expect(code).toBe(0);
    expect(out).toContain('cd "Zoë’s flow" && ');
    expect(out).toContain(`checked  0 errors, 0 warnings; `);
    expect((await run(made, ['validate', '--strict'])).code).toBe(0);
    const reached = await run(made, ['compliance']);
    expect(reached.code).toBe(0);
    expect(reached.out).toContain(`✓ reaches ${level}`);
  });

  it('writes into the folder that it stands in', async () => {
    using folder = temporaryFolder();
    const flow = join(folder.path, 'flow');
    mkdirSync(flow);
    const { out } = await run(flow, ['init', '--yes', '--no-git']);
    expect(out).toMatch(/^created {2}\.\/workflow\.awp\.yaml$/m);
    expect(out).toMatch(/^next {5}awp run/m);
    expect(existsSync(join(flow, '.gitignore'))).toBe(false);
    expect(readFileSync(join(flow, 'workflow.awp.yaml'), 'utf8')).toContain('name: flow');
  });

  it.each([
    ['nothing, by Enter or the end of input', '', 'delegation'],
    ['a number', ' 3 ', 'pipeline'],
    ['the last number', '5', 'enterprise'],
    ['a name', 'tools', 'tools'],
  ])('asks in a terminal; the answer is %s', async (_, answer, name) => {
    using folder = temporaryFolder();
    const { code, out } = await run(folder.path, ['init', 'flow'], { answer });
    expect(code).toBe(0);
    expect(out).toContain('Which template?\n  1  delegation ');
    expect(describedBy(join(folder.path, 'flow'))).toBe(DESCRIPTIONS.get(name));
  });

  it.each([['9'], ['0'], ['-1'], ['1.5'], ['hallo'], ['constructor']])(
    'does not take %s for an answer, and writes nothing',
    async (answer) => {
      using folder = temporaryFolder();
      const { code, err } = await run(folder.path, ['init', 'flow'], { answer });
      expect(code).toBe(2);
      expect(err).toContain('error[usage/bad-value]');
      expect(existsSync(join(folder.path, 'flow'))).toBe(false);
    },
  );

  it.each([
    ['--yes', ['--yes'], 'delegation'],
    ['--template', ['--template', 'hello'], 'hello'],
  ])('asks nothing with %s', async (_, options, name) => {
    using folder = temporaryFolder();
    const result = await run(folder.path, ['init', 'flow', ...options], { answer: 'tools' });
    expect(result.out).not.toContain('Which template?');
    expect(describedBy(join(folder.path, 'flow'))).toBe(DESCRIPTIONS.get(name));
  });

  it('knows the nearest name of a template', async () => {
    using folder = temporaryFolder();
    const { code, err } = await run(folder.path, ['init', '--template', 'pipelin']);
    expect([code, err]).toEqual([2, expect.stringContaining('did you mean pipeline?')]);
  });

  it('has nothing to do the second time', async () => {
    using folder = temporaryFolder();
    await run(folder.path, ['init', 'flow', '--yes']);
    const { code, out } = await run(folder.path, ['init', 'flow', '--yes']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^nothing to do: all files are there/)]);
  });

  it('writes over files that differ only with --force, and points to what no longer fits', async () => {
    using folder = temporaryFolder();
    await run(folder.path, ['init', 'flow', '--yes']);
    const other = ['init', 'flow', '--template', 'hello'];
    const refused = await run(folder.path, other);
    expect([refused.code, refused.out]).toEqual([2, '']);
    expect(refused.err).toContain(
      'error[usage/exists]: these files are there and differ: workflow',
    );
    expect(refused.err).toContain('--force');
    // The manager of the other template stays, and has no contract.
    const forced = await run(folder.path, [...other, '--force']);
    expect(forced.code).toBe(1);
    expect(forced.out).toContain('next     cd flow && awp validate\n');
    expect(describedBy(join(folder.path, 'flow'))).toBe(DESCRIPTIONS.get('hello'));
  });

  it('tells of a file in the way', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'flow'), '');
    const { code, err } = await run(folder.path, ['init', 'flow', '--yes']);
    expect([code, err]).toEqual([2, expect.stringContaining('error[usage/in-the-way]')]);
  });

  it('the template for delegation runs as it says, with the demo model', async () => {
    using folder = temporaryFolder();
    const env = { AWP_HOME: join(folder.path, 'home') };
    const made = await awp(['init', 'my-flow'], { cwd: folder.path, env });
    const command = /^next {5}cd my-flow && awp (.*?) {2,}/m.exec(made.out)?.[1] ?? '';
    expect([made.code, command]).toEqual([0, 'run . -i sales.csv -m demo']);
    const cwd = join(folder.path, 'my-flow');
    const { code, err } = await awp([...command.split(' '), '--out', 'out'], { cwd, env });
    expect(code, err).toBe(0);
    expect(readFileSync(join(cwd, 'out/report.md'), 'utf8')).toContain('2,210');
  }, 90_000);
});
