import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { openHome } from '../../src/data/home.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { DraftCheck } from '../../src/ports/toolsmith.ts';
import { keptFile, keptKey } from '../../src/runtime/creation/kept-places.ts';
import { startRun } from '../../src/runtime/run.ts';
import { temporaryFolder } from '../make.ts';
import { hashedText, keptText } from '../runtime/creation/kept.ts';
import { draftOf, type Making, makingHost, makingPlan } from '../runtime/creation/makers.ts';
import { type FakeShellOptions, fakeShell } from './fake-shell.ts';
import { awp } from './process.ts';

const MANIFEST = `awp: "1.0.0"
workflow: { name: flow, version: 1.0.0, description: Works. }
dynamic_tools: { enabled: true, allowed_namespaces: [stats] }
orchestration: { engine: delegation_loop, delegation_loop: { budget: { max_loops: 2 } } }
`;
/** An escape sequence, text that turns around, and a character without width. */
const HIDDEN = '\u001b[31m\u202eevil\u2066\u200b';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  write('flow/workflow.awp.yaml', MANIFEST);
});
afterEach(() => folder[Symbol.dispose]());

const home = () => join(folder.path, '.awp');
const flow = () => join(folder.path, 'flow');
const promoted = (name: string) => join(flow(), 'workspace/dynamic_tools', `${name}.json`);

function write(path: string, text: string): void {
  const target = join(folder.path, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}

function keep(name: string, workflow = flow()): void {
  write(`.awp/tools/${keptKey(workflow, '')}/${keptFile(name)}`, hashedText(name));
}

async function tools(words: readonly string[], more: FakeShellOptions = {}) {
  const shell = fakeShell({ cwd: flow(), effects: nodeEffects(), openHome, ...more });
  const code = await runCli(['tools', ...words, '--home', home()], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

const broken: DraftCheck = {
  stage: 'lint',
  check: ({ code }) => {
    if (!code.includes('broken')) return undefined;
    const kind = { stage: 'lint', status: 403, category: 'import', repairable: true } as const;
    return { ...kind, error: `it imports ${HIDDEN}`, hint: 'do without' };
  },
};

/** A run of the workflow in the store on disk. */
async function ran(rounds: Making['rounds'], { inFolder = true } = {}) {
  const { store, close } = await openHome({
    home: home(),
    cwd: folder.path,
    effects: nodeEffects(),
  });
  const host = makingHost(folder.path, { rounds, checks: [broken], host: { store } });
  const brought = { tools: [], servers: [], ...(inFolder && { workflow: flow() }) };
  const plan = makingPlan({ rounds, plan: { brought } });
  const run = await startRun(host, { id: 'r-7f3a000000', plan, inputs: [] });
  await run.done;
  await close();
}

const create = (name: string, change = {}) => ['tools.create', draftOf(name, change)] as const;
const made = () =>
  ran({
    one: [[create('stats.mean')], [create('stats.bad', { code: 'broken' })]],
    two: [
      [['stats.mean', { a: 1 }]],
      [create('stats.gone')],
      [['tools.remove', { name: 'stats.gone' }]],
    ],
  });

describe('awp tools list', () => {
  it('shows what ships, what was promoted and what runs have kept', async () => {
    write('flow/workspace/dynamic_tools/stats.sum.json', keptText('stats.sum'));
    write('flow/workspace/dynamic_tools/bad.json', '{}');
    keep('stats.mean');
    keep('stats.other', join(folder.path, 'other'));
    const { code, out, err } = await tools(['list']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^data\.query +ships +/m);
    expect(out).toMatch(/^stats\.sum +project +earlier +adds one$/m);
    expect(out).toMatch(/^stats\.mean +kept +earlier +adds one$/m);
    expect(out).toMatch(/^bad +project +no tool: fqn of the tool is missing/m);
    expect(out).not.toContain('stats.other');
    expect((await tools([])).out).toBe(out);
    expect((await tools(['list'], { cwd: folder.path })).out).toContain('stats.other');
    expect((await tools(['list', '--dir', 'flow'], { cwd: folder.path })).out).toBe(out);
  });

  it('lists kept tools by their names, not by those of their files', async () => {
    const names = ['stats.a', 'stats.b', 'stats.c', 'stats.d', 'stats.e', 'stats.f'];
    for (const name of names) keep(name);
    const { out } = await tools(['list']);
    expect(out.match(/^stats\.\w/gm)).toEqual(names);
  });

  it('shows what a run made, refused and took away, with calls', async () => {
    await made();
    const { out, code } = await tools(['list', 'r-7f3a']);
    expect(code).toBe(0);
    expect(out.replaceAll(/ {2,}/g, ' | ')).toBe(
      `stats.mean | made | one | 1 call, 1 by others | adds one
stats.gone | removed | two | 0 calls, 0 by others | adds one
stats.bad | refused | one | 403 at lint: it imports \\x1b[31m\\u202eevil\\u2066\u200b
`,
    );
    const json = JSON.parse((await tools(['list', 'r-7f3a', '--json'])).out);
    expect(json[0]).toMatchObject({ name: 'stats.mean', state: 'made', calls: 1, reused: 1 });
    expect(json[2]).toMatchObject({ state: 'refused', problem: { status: 403, stage: 'lint' } });
  });

  it('says when a run made none', async () => {
    await ran({ one: [] });
    expect((await tools(['list', 'r-7f3a'])).err).toBe(
      'no tool was made in the run r-7f3a000000\n',
    );
  });
});

describe('awp runs show', () => {
  it('has the tools of a run with their calls', async () => {
    await made();
    const shell = fakeShell({ cwd: flow(), effects: nodeEffects(), openHome });
    expect(await runCli(['runs', 'show', 'r-7f3a', '--home', home()], shell)).toBe(0);
    expect(shell.out.text()).toContain(
      'tools\n  stats.mean  made by one, 1 call, 1 by others\nmore: awp tools list r-7f3a000000\n',
    );
  });
});

describe('awp tools show', () => {
  it('shows a tool that ships', async () => {
    const { out: query } = await tools(['show', 'data.query']);
    expect(query).toMatch(/^data\.query\n {2}ships\n/);
    expect(query).toContain('arguments:');
  });

  it('shows the source of a tool with nothing hidden in it', async () => {
    write(
      'flow/workspace/dynamic_tools/stats.sum.json',
      keptText('stats.sum', { code: `// ${HIDDEN}\nlast`, description: HIDDEN }),
    );
    const { out } = await tools(['show', 'stats.sum']);
    expect(out).toContain('// \\x1b[31m\\u202eevil\\u2066\u200b\nlast');
    expect(out).toContain('! its source has 3 characters that are not seen');
    for (const mark of '\u001b\u202e\u2066') expect(out).not.toContain(mark);
  });

  it('shows what a tool of a run went through, also a refused one', async () => {
    await made();
    const { out } = await tools(['show', 'r-7f3a', 'stats.mean']);
    expect(out).toContain('made by one, ');
    expect(out).toContain('1 call, 1 of them by others');
    expect(out).toContain('source (javascript):\nfunction handler');
    expect(out).toMatch(/^ {2}draft {2}policy {2}ok {2}\d+ ms$/m);
    const { out: refused } = await tools(['show', 'r-7f3a', 'stats.bad']);
    expect(refused).toContain('refused, 403 at lint by one: it imports \\x1b');
    const json = JSON.parse((await tools(['show', 'r-7f3a', 'stats.mean', '--json'])).out);
    expect(json).toMatchObject({ name: 'stats.mean', code_hash: expect.any(String) });
    expect(json.checks.length).toBeGreaterThan(0);
  });

  it.each([
    ['no name', [], 2, 'usage/missing-argument'],
    ['a name that is nearly right', ['data.qery'], 1, 'did you mean data.query?'],
    ['a name of nothing', ['zzzzzz'], 1, 'awp tools list shows what there is'],
    ['a run that is not there', ['r-0000', 'stats.mean'], undefined, 'store/not-found'],
    ['a name that the run does not have', ['r-7f3a', 'stats.mear'], 1, 'did you mean stats.mean?'],
  ])('refuses %s', async (_, words, status, said) => {
    await made();
    const { code, err } = await tools(['show', ...words]);
    if (status !== undefined) expect(code).toBe(status);
    expect(code).not.toBe(0);
    expect(err).toContain(said);
  });
});

describe('awp tools promote', () => {
  it('shows the source, asks, checks it in a box, and writes the file', async () => {
    await made();
    const { code, err } = await tools(['promote', 'r-7f3a', 'stats.mean'], { lines: ['y'] });
    expect(err).toContain('function handler');
    expect(err.indexOf('function handler')).toBeLessThan(err.indexOf('y / N'));
    expect(code).toBe(0);
    const file = JSON.parse(readFileSync(promoted('stats.mean'), 'utf8'));
    expect(file).toMatchObject({
      fqn: 'stats.mean',
      provenance: { creator_agent: 'one', run: 'r-7f3a000000' },
    });
    const { out } = await tools(['list', '--json']);
    expect(JSON.parse(out)).toContainEqual(
      expect.objectContaining({ name: 'stats.mean', from: 'project', code_hash: file.code_hash }),
    );
  });

  it.each<[string, FakeShellOptions, number]>([
    ['a no', { lines: ['n'] }, 1],
    ['nothing', { lines: [''] }, 1],
    ['the end of the input', { lines: ['ended'] }, 1],
    ['Ctrl-C', { lines: ['interrupted'] }, 130],
    ['no terminal', {}, 2],
  ])('writes nothing after %s', async (_, answers, status) => {
    await made();
    expect((await tools(['promote', 'r-7f3a', 'stats.mean'], answers)).code).toBe(status);
    expect(existsSync(promoted('stats.mean'))).toBe(false);
  });

  it('replaces a tool only with --force', async () => {
    await made();
    write('flow/workspace/dynamic_tools/stats.mean.json', 'mine');
    const words = ['promote', 'r-7f3a', 'stats.mean', '--yes'];
    const { code, err } = await tools(words);
    expect({ code, said: err.includes('usage/exists') }).toEqual({ code: 2, said: true });
    expect(readFileSync(promoted('stats.mean'), 'utf8')).toBe('mine');
    expect((await tools([...words, '--force'])).code).toBe(0);
    expect(readFileSync(promoted('stats.mean'), 'utf8')).toContain('stats.mean');
  });

  it('needs to be told where to when the run has no workflow folder', async () => {
    await ran({ one: [[create('stats.mean')]] }, { inFolder: false });
    const { code, err } = await tools(['promote', 'r-7f3a', 'stats.mean', '--yes']);
    expect({ code, said: err.includes('--to DIR') }).toEqual({ code: 2, said: true });
    const to = ['promote', 'r-7f3a', 'stats.mean', '--yes', '--to', '.'];
    expect((await tools(to)).code).toBe(0);
    expect(existsSync(promoted('stats.mean'))).toBe(true);
  });

  it.each([
    ['of workspace', 'workspace'],
    ['of the tools', 'workspace/dynamic_tools'],
    ['of the file', 'workspace/dynamic_tools/stats.mean.json'],
  ])('does not write through a link in the place %s', async (_, path) => {
    await made();
    mkdirSync(dirname(join(flow(), path)), { recursive: true });
    mkdirSync(join(folder.path, 'outside'), { recursive: true });
    symlinkSync(join(folder.path, 'outside'), join(flow(), path));
    const { code, err } = await tools(['promote', 'r-7f3a', 'stats.mean', '--yes', '--force']);
    expect({ code, said: err.includes('it is a link') }).toEqual({ code: 2, said: true });
    expect(existsSync(join(folder.path, 'outside/dynamic_tools'))).toBe(false);
  });

  it('refuses a tool that does not pass any more, and writes nothing', async () => {
    await ran({ one: [[create('stats.mean', { code: 'function handler({ a }) { throw a; }' })]] });
    const { code, err } = await tools(['promote', 'r-7f3a', 'stats.mean', '--yes']);
    expect(code).toBe(1);
    expect(err).toContain('error[tool/refused]');
    expect(existsSync(promoted('stats.mean'))).toBe(false);
  });

  it.each([
    ['no tool', ['r-7f3a'], 2, 'usage/missing-argument'],
    ['one that the run does not have', ['r-7f3a', 'stats.mena', '--yes'], 1, 'did you mean'],
    ['one that was taken away', ['r-7f3a', 'stats.gone', '--yes'], 1, 'there is no tool'],
    [
      'a folder without a workflow',
      ['r-7f3a', 'stats.mean', '--yes', '--to', 'no'],
      1,
      'spec/no-workflow',
    ],
  ])('refuses %s', async (_, words, status, said) => {
    await made();
    const { code, err } = await tools(['promote', ...words]);
    expect({ code, said: err.includes(said) }).toEqual({ code: status, said: true });
  });
});

describe('awp tools rm', () => {
  it('takes a promoted or a kept tool away when a person says so', async () => {
    write('flow/workspace/dynamic_tools/x.json', keptText('stats.mean'));
    keep('stats.mean');
    const kept = join(home(), 'tools', keptKey(flow(), ''), keptFile('stats.mean'));
    expect((await tools(['rm', 'stats.mean'], { lines: ['n'] })).code).toBe(1);
    expect((await tools(['rm', 'stats.mean'])).code).toBe(2);
    expect(existsSync(promoted('x'))).toBe(true);
    expect((await tools(['rm', 'stats.mean'], { lines: ['yes'] })).code).toBe(0);
    expect([existsSync(promoted('x')), existsSync(kept)]).toEqual([false, true]);
    expect((await tools(['rm', 'stats.mean', '--kept', '--yes'])).code).toBe(0);
    expect(existsSync(kept)).toBe(false);
  });

  it('takes a file away that is no tool, and a link but not what it leads to', async () => {
    write('flow/workspace/dynamic_tools/bad.json', '{');
    write('outside.json', keptText('stats.a'));
    symlinkSync(join(folder.path, 'outside.json'), promoted('link'));
    for (const name of ['bad', 'link']) expect((await tools(['rm', name, '--yes'])).code).toBe(0);
    expect([existsSync(promoted('bad')), existsSync(join(folder.path, 'outside.json'))]).toEqual([
      ...[false, true],
    ]);
  });

  it.each([
    ['no name', [], 2, 'usage/missing-argument'],
    ['a tool that ships', ['data.query', '--yes'], 1, 'it is no tool of the project'],
    ['a name that is nearly right', ['stats.mena', '--yes'], 1, 'did you mean stats.mean?'],
    ['a kept one without --kept', ['stats.mean', '--yes'], 1, 'a kept one: --kept'],
    ['a folder', ['sub', '--yes'], 2, 'cannot be removed'],
    ['no workflow in DIR', ['x', '--dir', '..'], 1, 'spec/no-workflow'],
  ])('refuses %s', async (_, words, status, said) => {
    keep('stats.mean');
    mkdirSync(promoted('sub'), { recursive: true });
    const { code, err } = await tools(['rm', ...words]);
    expect({ code, said: err.includes(said) }).toEqual({ code: status, said: true });
  });
});

describe('the command line as a user has it', () => {
  it('lists, shows, promotes, validates and takes away', { timeout: 120_000 }, async () => {
    await made();
    const at = (words: readonly string[]) =>
      awp([...words], { cwd: flow(), env: { AWP_HOME: home() } });
    expect((await at(['tools', 'list', 'r-7f3a'])).out).toContain('stats.mean');
    expect((await at(['tools', 'promote', 'r-7f3a', 'stats.mean'])).code).toBe(2);
    const written = await at(['tools', 'promote', 'r-7f3a', 'stats.mean', '--yes']);
    expect({ code: written.code, err: written.err }).toMatchObject({ code: 0 });
    const report = await at(['validate', '.']);
    expect(report.out + report.err).not.toContain('S22');
    expect((await at(['tools', 'show', 'stats.mean'])).out).toContain('promoted by a person');
    expect((await at(['tools', 'rm', 'stats.mean', '--yes'])).code).toBe(0);
    expect((await at(['tools', 'show', 'stats.mean'])).code).toBe(1);
  });
});
