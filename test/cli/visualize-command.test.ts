import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { graph, loop, manifest } from '../../src/validator/examples.ts';
import { temporaryFolder } from '../make.ts';
import { fakeShell } from './fake-shell.ts';
import { busyGraphLog, halfwayLog, type SampleLog, START } from './sample-run.ts';

const TWO = graph('- { id: planner }\n- { id: writer, depends_on: [planner] }');
const TEAM = loop('manager: agents/lead\nbudget: { max_loops: 4 }');

function folderOf(text: string) {
  const folder = temporaryFolder();
  writeFileSync(join(folder.path, 'workflow.awp.yaml'), text);
  return folder;
}

interface World {
  env?: Record<string, string>;
  log?: SampleLog;
}

async function awp(cwd: string, argv: readonly string[], { env = {}, log }: World = {}) {
  const clock = fixedClock(START + 20_000);
  const store = memoryStore({ folder: '/store', clock });
  if (log) {
    const lease = await store.create(log.run, 'me');
    await store.append(lease, log.events, 'full');
    await store.release(lease);
  }
  const shell = fakeShell({
    cwd,
    env,
    effects: { files: nodeFiles(), clock },
    openHome: async () => ({ store, folder: '/store', close: async () => {} }),
  });
  const code = await runCli(['visualize', ...argv], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

describe('awp visualize', () => {
  it('draws for terminals unless it is asked for Mermaid', async () => {
    using folder = folderOf(TWO);
    const drawing = await awp(folder.path, []);
    expect(drawing).toMatchObject({ code: 0, err: '' });
    expect(drawing.out).toContain('│ planner │');
    const { out } = await awp('/', [folder.path, '--format', 'mermaid', '--direction', 'LR']);
    expect(out).toBe(
      'flowchart LR\n  n_planner["planner"]\n  n_writer["writer"]\n  n_planner --> n_writer\n',
    );
  });

  it('draws in ASCII where the terminal is not known to speak UTF-8', async () => {
    using folder = folderOf(TWO);
    const { out } = await awp(folder.path, [], { env: { LANG: 'C' } });
    expect(out).toMatch(/^[\x20-\x7e\n]+$/);
    expect(out).toContain('| planner |');
  });

  it('writes a file when it is told where', async () => {
    using folder = folderOf(TWO);
    const options = ['--format', 'mermaid', '-o', 'flow.mmd'];
    expect(await awp(folder.path, options)).toMatchObject({ code: 0, out: '' });
    expect(readFileSync(join(folder.path, 'flow.mmd'), 'utf8')).toMatch(/^flowchart TD\n/);
  });

  it('says that a file cannot be written, and leaves what is there', async () => {
    using folder = folderOf(TWO);
    mkdirSync(join(folder.path, 'taken'));
    const { code, err } = await awp(folder.path, ['-o', 'taken']);
    expect(code).not.toBe(0);
    expect(err).toContain('cannot be written');
    expect((await awp(folder.path, ['-o', 'no/such/folder/x'])).code).not.toBe(0);
    expect(existsSync(join(folder.path, 'no'))).toBe(false);
  });

  it.each([
    ['no orchestration', manifest('')],
    ['a graph without nodes', manifest('orchestration: { graph: [] }')],
    ['a text that is no YAML', 'awp: ['],
  ])('says that there is nothing to draw: %s', async (_, text) => {
    using folder = folderOf(text);
    const { code, out, err } = await awp(folder.path, []);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('nothing to draw');
  });

  it.each([
    ['a format that there is not', ['--format', 'svgg']],
    ['a direction that there is not', ['--direction', 'up']],
    ['two paths', ['a', 'b']],
  ])('refuses %s', async (_, argv) => {
    using folder = folderOf(TWO);
    expect((await awp(folder.path, argv)).code).toBe(2);
  });

  it('refuses a path where there is nothing', async () => {
    using folder = folderOf(TWO);
    const { code, err } = await awp(folder.path, ['nowhere']);
    expect(code).not.toBe(0);
    expect(err).toContain('nothing at');
  });

  it('draws what a run has done so far', async () => {
    using folder = folderOf(TEAM);
    const { out, code } = await awp(folder.path, ['--run', 'r-7f3a'], { log: halfwayLog() });
    expect(code).toBe(0);
    expect(out).toMatch(/│ manager .*\n.*\n(.*\n)*│ … running 20 s/);
    expect(out).toContain('… running');
  });

  it('shows as stopped what was open when a run ended', async () => {
    using folder = folderOf(TEAM);
    const log = halfwayLog().add('run.stopped', { reason: 'user' });
    const { out } = await awp(folder.path, ['--run', log.run, '--format', 'mermaid'], { log });
    expect(out).toContain('n_manager{{"manager<br/>agents/lead<br/>■ stopped 13 s"}}');
    expect(out).toMatch(/n_workers\[\["workers<br\/>.*■ stopped/);
    expect(out).not.toContain('running');
  });

  it('shows agents of a run at the nodes of their names', async () => {
    using folder = folderOf(graph('- { id: profile }\n- { id: other, depends_on: [profile] }'));
    const { out } = await awp(folder.path, ['--run', 'r-7f3a', '--format', 'mermaid'], {
      log: halfwayLog(),
    });
    expect(out).toContain('n_profile["profile<br/>✓ complete 8.0 s"]');
    expect(out).toContain('  class n_profile complete');
    expect(out).toContain('n_other["other"]');
  });

  const NEWS = graph(
    [
      'planner',
      'research',
      'readers',
      'editor',
      'weather',
      'crew',
      'checks',
      'alarm',
      'extra',
      'writer',
    ]
      .map((id) =>
        id === 'crew' ? '- { id: crew, type: delegation_loop, config: {} }' : `- { id: ${id} }`,
      )
      .join('\n'),
  );

  it('shows how the nodes of a graph stand, with a loop among them', async () => {
    using folder = folderOf(NEWS);
    const log = busyGraphLog()
      .agent('6.1', { name: 'helper' })
      .add('run.stopped', { reason: 'user' });
    for (const [format, wanted] of [
      ['ascii', ['✓ complete 2.1 s', '✗ failed 2.1 s', '– skipped', '■ stopped']],
      [
        'mermaid',
        [
          'n_planner["planner<br/>✓ complete 2.1 s"]',
          'n_editor["editor<br/>■ stopped 4.0 s"]',
          'n_alarm["alarm<br/>– skipped"]',
          'n_writer["writer"]',
          'class n_alarm,n_extra skipped',
          'class n_checks failed',
        ],
      ],
    ] as const) {
      const { out } = await awp(folder.path, ['--run', log.run, '--format', format], { log });
      for (const text of wanted) expect(out).toContain(text);
    }
  });

  it.each([
    ['a graph with other nodes', graph('- { id: somebody }'), busyGraphLog],
    ['a delegation loop', TEAM, busyGraphLog],
    ['a graph without its agents', graph('- { id: somebody }'), halfwayLog],
  ])('refuses a run of another workflow: %s', async (_, files, made) => {
    using folder = folderOf(files);
    const log = made();
    const { code, out, err } = await awp(folder.path, ['--run', log.run], { log });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(
      `error[usage/bad-option]: the run ${log.run} is not one of this workflow`,
    );
  });

  it('says so when the workflow of the run is called otherwise', async () => {
    using folder = folderOf(NEWS);
    const log = busyGraphLog();
    const { code, err } = await awp(folder.path, ['--run', log.run], { log });
    expect(code).toBe(0);
    expect(err).toMatch(/^note: the run \S+ is one of the workflow \S+, not of \S+\n$/);
  });

  it('says that there is no such run', async () => {
    using folder = folderOf(TEAM);
    const { code, err } = await awp(folder.path, ['--run', 'r-none']);
    expect(code).not.toBe(0);
    expect(err).toContain('r-none');
  });
});
