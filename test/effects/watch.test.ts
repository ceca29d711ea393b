import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/effects/files.ts';

const { watch } = nodeFiles();
let above = '';
let folder = '';
let stop = (): void => {};
let count = 0;
let wake = (): void => {};

beforeEach(() => {
  above = realpathSync(mkdtempSync(join(tmpdir(), 'awp-watch-')));
  folder = join(above, 'flow');
  mkdirSync(join(folder, 'agents/planner'), { recursive: true });
  mkdirSync(join(folder, '.awp/runs'), { recursive: true });
  mkdirSync(join(folder, 'data/.git'), { recursive: true });
  writeFileSync(at('workflow.awp.yaml'), 'a');
  writeFileSync(at('agents/planner/agent.awp.yaml'), 'a');
});
afterEach(() => {
  stop();
  stop = () => {};
  rmSync(above, { recursive: true, force: true });
});

function at(path: string): string {
  return join(folder, path);
}

function start(path = folder): void {
  stop = watch(path, () => {
    count += 1;
    wake();
  });
}

/** Does something, and waits until it is told of, and all else that comes with it. */
async function told(change: () => void): Promise<void> {
  count = 0;
  const first = new Promise<void>((resolve) => {
    wake = resolve;
  });
  change();
  await first;
  await nextTurn();
}

function save(path: string): void {
  writeFileSync(at(path), `${Math.random()}`);
}

/** As editors save: a new file takes the place of the old one. */
function saveOver(path: string): void {
  save(`${path}.new`);
  renameSync(at(`${path}.new`), at(path));
}

describe('watching a folder', () => {
  it.each(['workflow.awp.yaml', 'agents/planner/agent.awp.yaml'])(
    'tells of %s however often another file takes its place',
    async (path) => {
      start();
      for (let round = 0; round < 4; round++) await told(() => saveOver(path));
      await told(() => save(path));
      await told(() => rmSync(at(path)));
      await told(() => save(path));
    },
  );

  it('sees into folders that come later, also those that are moved in with all they hold', async () => {
    start();
    mkdirSync(join(above, 'other/agents/x'), { recursive: true });
    await told(() => mkdirSync(at('agents/writer')));
    await told(() => save('agents/writer/agent.awp.yaml'));
    await told(() => renameSync(join(above, 'other'), at('moved')));
    await told(() => save('moved/agents/x/agent.awp.yaml'));
  });

  it('sees into a folder that has taken the place of another', async () => {
    start();
    await told(() => {
      renameSync(at('agents/planner'), at('agents/old'));
      mkdirSync(at('agents/planner'));
    });
    await told(() => save('agents/planner/agent.awp.yaml'));
    await told(() => save('agents/old/agent.awp.yaml'));
  });

  it('sees the folder itself go and come back', async () => {
    start();
    await told(() => renameSync(folder, join(above, 'aside')));
    await told(() => mkdirSync(folder));
    await told(() => save('workflow.awp.yaml'));
  });

  it('says nothing of what programs keep for themselves, nor after it was ended', async () => {
    start();
    count = 0;
    save('.awp/runs/log');
    save('data/.git/index');
    mkdirSync(at('node_modules'));
    save('node_modules/x');
    await nextTurn();
    await nextTurn();
    expect(count).toBe(0);
    await told(() => save('workflow.awp.yaml'));
    stop();
    count = 0;
    save('workflow.awp.yaml');
    const other = new Promise<void>((resolve) => {
      stop = watch(folder, resolve);
      save('workflow.awp.yaml');
    });
    await other;
    expect(count).toBe(0);
  });

  it('follows no link below it, but the one that was named', async () => {
    mkdirSync(join(above, 'outside'));
    symlinkSync(join(above, 'outside'), at('out'));
    symlinkSync(folder, join(above, 'link'));
    let events = 0;
    stop = watch(join(above, 'link'), () => {
      events += 1;
      wake();
    });
    writeFileSync(join(above, 'outside/x'), 'x');
    await nextTurn();
    await nextTurn();
    expect(events).toBe(0);
    await told(() => mkdirSync(at('one')));
    expect(events).toBe(1);
  });
});

describe('watching a file', () => {
  it('tells of it and of what is around it', async () => {
    start(at('workflow.awp.yaml'));
    await told(() => saveOver('workflow.awp.yaml'));
    await told(() => saveOver('workflow.awp.yaml'));
    await told(() => save('agents/planner/agent.awp.yaml'));
  });

  it('throws when there is nothing', () => {
    expect(() => watch(at('nothing'), () => {})).toThrow('ENOENT');
  });
});
