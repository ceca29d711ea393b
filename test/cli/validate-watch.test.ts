import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { temporaryFolder } from '../make.ts';
import { agent, writeFolder } from './diagnostics/workflows.ts';
import { type FakeShell, fakeShell } from './fake-shell.ts';
import { startAwp } from './process.ts';

const MANIFEST = `awp: "1.0.0"
workflow: { name: flow, version: 1.0.0, description: Writes. }
orchestration:
  graph:
    - { id: planner, agent: planner, share_output: [text] }
    - { id: writer, agent: writer, depends_on: [planner] }
state: { sharing: { strategy: full } }
`;

function makeFlow(folder: string): (path: string, text: string) => void {
  writeFolder(folder, {
    'workflow.awp.yaml': MANIFEST,
    'agents/planner/agent.awp.yaml': agent('planner'),
    'agents/writer/agent.awp.yaml': agent('writer'),
  });
  // As editors save: a new file takes the place of the old one.
  return (path, text) => {
    writeFileSync(join(folder, `${path}~`), text);
    renameSync(join(folder, `${path}~`), join(folder, path));
  };
}

/** A shell with the real files, and when it has said something. */
function watchingShell(
  cwd: string,
): FakeShell & { seen(text: string, times: number): Promise<void> } {
  const shell = fakeShell({ cwd, effects: nodeEffects() });
  const lookers = new Set<() => void>();
  for (const stream of [shell.out, shell.err]) {
    const write = stream.write.bind(stream);
    stream.write = (text) => {
      write(text);
      for (const look of lookers) look();
    };
  }
  const seen = (text: string, times: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        const all = shell.out.text() + shell.err.text();
        if (all.split(text).length <= times) return;
        lookers.delete(look);
        resolve();
      };
      lookers.add(look);
      look();
    });
  return { ...shell, seen };
}

const WAITS = 'watching for changes; Ctrl-C ends';

describe('awp validate --watch', () => {
  it('checks again whenever a file changes, and ends well with Ctrl-C', async () => {
    using folder = temporaryFolder();
    const save = makeFlow(join(folder.path, 'flow'));
    const shell = watchingShell(folder.path);
    const code = runCli(['validate', 'flow', '--watch'], shell);
    await shell.seen(WAITS, 1);
    expect(shell.out.text()).toBe('✓ 0 errors, 0 warnings\n');
    save('workflow.awp.yaml', MANIFEST.replace('[planner]', '[planer]'));
    await shell.seen(WAITS, 2);
    expect(shell.out.text()).toContain('error[R7]');
    save('workflow.awp.yaml', MANIFEST);
    await shell.seen(WAITS, 3);
    save('agents/writer/agent.awp.yaml', agent('writer').replace('prompt:', 'promt:'));
    await shell.seen(WAITS, 4);
    expect(shell.out.text()).toContain('did you mean `prompt`?');
    expect(shell.err.text().match(/^-- changed -+$/gm)).toHaveLength(3);
    shell.signal('SIGINT');
    expect(await code).toBe(0);
    expect(shell.listeners()).toBe(0);
  });

  it('looks once at what has been mended by itself', async () => {
    using folder = temporaryFolder();
    const save = makeFlow(join(folder.path, 'flow'));
    const shell = watchingShell(folder.path);
    const code = runCli(['validate', 'flow', '--watch', '--fix'], shell);
    await shell.seen(WAITS, 1);
    save('workflow.awp.yaml', MANIFEST.replace('[planner]', '[planer]'));
    // Once for the change, and once for the writing of it.
    await shell.seen(WAITS, 3);
    expect(shell.out.text().match(/^fixed /gm)).toHaveLength(1);
    expect(shell.out.text().endsWith('\n✓ 0 errors, 0 warnings\n')).toBe(true);
    shell.signal('SIGTERM');
    expect(await code).toBe(0);
  });

  it('waits over a file that is away for a moment', async () => {
    using folder = temporaryFolder();
    const flow = join(folder.path, 'flow');
    makeFlow(flow);
    mkdirSync(join(folder.path, 'aside'));
    const shell = watchingShell(folder.path);
    const code = runCli(['validate', 'flow/agents/writer/agent.awp.yaml', '--watch'], shell);
    await shell.seen(WAITS, 1);
    const path = join(flow, 'agents/writer/agent.awp.yaml');
    renameSync(path, join(folder.path, 'aside/agent.awp.yaml'));
    await shell.seen(WAITS, 2);
    expect(shell.err.text()).toContain('error[spec/no-workflow]');
    renameSync(join(folder.path, 'aside/agent.awp.yaml'), path);
    await shell.seen(WAITS, 3);
    expect(shell.out.text().match(/0 errors/g)).toHaveLength(2);
    shell.signal('SIGINT');
    expect(await code).toBe(0);
  });

  it('keeps standard output for what programs read', async () => {
    using folder = temporaryFolder();
    const save = makeFlow(join(folder.path, 'flow'));
    const shell = watchingShell(folder.path);
    const code = runCli(['validate', 'flow', '--watch', '--format', 'unix'], shell);
    await shell.seen(WAITS, 1);
    save('workflow.awp.yaml', MANIFEST.replace('[planner]', '[planer]'));
    await shell.seen(WAITS, 2);
    expect(shell.out.text()).toMatch(/^flow\/workflow\.awp\.yaml:6:49: error R7: .*\n$/);
    shell.signal('SIGINT');
    expect(await code).toBe(0);
  });

  it('ends when nobody reads what it says any more', async () => {
    using folder = temporaryFolder();
    makeFlow(join(folder.path, 'flow'));
    const shell = watchingShell(folder.path);
    const code = runCli(['validate', 'flow', '--watch'], shell);
    await shell.seen(WAITS, 1);
    shell.out.close();
    expect(await code).toBe(0);
  });

  it('says so when there is nothing to watch', async () => {
    using folder = temporaryFolder();
    const shell = watchingShell(folder.path);
    expect(await runCli(['validate', 'no/such', '--watch'], shell)).toBe(1);
    expect(shell.err.text()).toContain('error[spec/no-workflow]');
    expect(shell.listeners()).toBe(0);
  });

  it('is a process that Ctrl-C ends with 0', async () => {
    using folder = temporaryFolder();
    makeFlow(join(folder.path, 'flow'));
    const process = startAwp(['validate', 'flow', '--watch'], { cwd: folder.path });
    await process.said(WAITS);
    process.child.kill('SIGINT');
    expect(await process.ended).toBe(0);
  });
});
