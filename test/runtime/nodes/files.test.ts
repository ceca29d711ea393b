import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/base/hash.ts';
import { nodeEffects } from '../../../src/effects/index.ts';
import type { PlanGraph } from '../../../src/events/plan-graph.ts';
import { emptyState } from '../../../src/events/reduce.ts';
import type { Frame, RunState } from '../../../src/events/state.ts';
import { isEarlier, sharedKey } from '../../../src/runtime/nodes/earlier-files.ts';
import { readImages } from '../../../src/runtime/nodes/read-images.ts';
import { ContextFiles } from '../../../src/runtime/tools/context-files.ts';
import { temporaryFolder } from '../../make.ts';
import { graphPlan, planGraph, planState, type TestNode } from '../graphs.ts';
import { runOf } from './told.ts';

const { files } = nodeEffects();
const node = { id: '2' };

describe('what a prompt had no room for', () => {
  function place(path: string) {
    mkdirSync(join(path, 'inputs/deep'), { recursive: true });
    writeFileSync(join(path, 'inputs/a.csv'), 'x');
    writeFileSync(join(path, 'inputs/deep/b.csv'), 'y');
    return new ContextFiles(files, path);
  }

  it('is in the inputs of its agent, beside those of the run, and in nobody else’s', async () => {
    using folder = temporaryFolder();
    const context = place(folder.path);
    await context.keep(node, [{ name: 'read.json', text: '{"ä":1}' }]);
    const inputs = await context.inputsOf(node);
    expect(readdirSync(inputs, { recursive: true }).sort()).toEqual([
      ...['a.csv', 'context', 'context/read.json', 'deep', 'deep/b.csv'],
    ]);
    expect(readFileSync(join(inputs, 'context/read.json'), 'utf8')).toBe('{"ä":1}');
    expect(readFileSync(join(folder.path, 'workspace/context/2/read.json'), 'utf8')).toBe(
      '{"ä":1}',
    );
    expect(await context.inputsOf({ id: '3' })).toBe(join(folder.path, 'inputs'));
    expect(existsSync(join(folder.path, 'inputs/context'))).toBe(false);
  });

  it('may come after somebody looked, and twice after a crash', async () => {
    using folder = temporaryFolder();
    const context = place(folder.path);
    expect(await context.inputsOf(node)).toBe(join(folder.path, 'inputs'));
    await context.keep(node, [{ name: 'a.txt', text: 'old' }]);
    await context.keep(node, [{ name: 'a.txt', text: 'new' }]);
    const again = new ContextFiles(files, folder.path);
    for (const one of [context, again, again]) {
      const inputs = await one.inputsOf(node);
      expect(readFileSync(join(inputs, 'context/a.txt'), 'utf8')).toBe('new');
    }
  });

  it('is kept once, however many agents are given it', async () => {
    using folder = temporaryFolder();
    const context = place(folder.path);
    for (const id of ['2', '2.2', '2.3']) {
      await context.keep({ id }, [{ name: 'a.txt', text: 'same' }]);
    }
    expect(readdirSync(join(folder.path, 'blobs'))).toEqual([sha256('same')]);
  });

  it('is nothing for most agents', async () => {
    using folder = temporaryFolder();
    const context = place(folder.path);
    await context.keep(node, []);
    expect(existsSync(join(folder.path, 'workspace'))).toBe(false);
    expect(await context.inputsOf({ id: '1.1' })).toBe(join(folder.path, 'inputs'));
  });
});

describe('the images of a conversation', () => {
  const image = (path: string, text: string) => ({
    ...{ path, type: 'image/png', sha256: sha256(text) },
  });

  it('are read by their hashes, each once', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'a.png'), 'A');
    const images = [image('a.png', 'A'), image('a.png', 'A')];
    const read = await readImages(files, folder.path, [{ role: 'user', text: '', images }]);
    expect([...(read ?? [])].map(([hash, bytes]) => [hash, Buffer.from(bytes).toString()])).toEqual(
      [[sha256('A'), 'A']],
    );
  });

  it('are none where messages have none', async () => {
    expect(await readImages(files, '/', [{ role: 'user', text: '' }])).toBeUndefined();
  });

  it.each([
    ['gone.png', 'A', 'is gone'],
    ['a.png', 'B', 'was changed'],
  ])('that are not as they were are refused: %s of %s %s', async (path, text, words) => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'a.png'), 'A');
    const asked = readImages(files, folder.path, [
      { role: 'user', text: '', images: [image(path, text)] },
    ]);
    await expect(asked).rejects.toMatchObject({
      code: 'model/no-image',
      message: `the image ${path} of this run ${words}`,
    });
  });
});

describe('files of others', () => {
  type Role = Frame['role'];

  /** Frames as `id: [parent, role, node or turn, round]`; each wrote one file. */
  function seenBy(
    reader: string,
    frames: Readonly<Record<string, [string, Role, string | number, number?]>>,
    {
      nodes = CHAIN,
      sharing = {},
    }: { nodes?: Nodes; sharing?: Partial<PlanGraph['state']['sharing']> } = {},
  ): string[] {
    const state = planState();
    const graph = planGraph(nodes, {
      state: { ...state, sharing: { ...state.sharing, ...sharing } },
    });
    const run = runOf(graphPlan(graph));
    for (const [agent, [parent, role, of, round]] of Object.entries(frames)) {
      const place = typeof of === 'number' ? { loop: of } : {};
      const node =
        typeof of === 'string'
          ? { node: { id: of, attempt: 1, ...(round !== undefined && { round }) } }
          : {};
      run.record({
        ...{ type: 'agent.started', agent, parent, depth: 1, ...place },
        data: {
          ...{ role, name: agent, model: '', temperature: 0, tools: [], instructions: '' },
          ...{ index: 1, ...node },
        },
      });
      const data = { path: agent, name: agent, type: 'text/plain', bytes: 1, sha256: '' };
      run.record({ type: 'artifact.written', agent, data });
    }
    const frame = frameOf(run.state, reader);
    return [...run.state.artifacts.values()]
      .filter((file) => isEarlier(run.state, file, frame))
      .map(({ path }) => path);
  }

  function frameOf(state: RunState, id: string): Frame {
    const frame = state.frames.get(id);
    if (!frame) throw new Error(`no frame ${id}`);
    return frame;
  }

  type Nodes = Readonly<Record<string, TestNode>>;
  const CHAIN: Nodes = {
    plan: { agent: 'plan' },
    aside: { agent: 'aside' },
    read: { agent: 'read', after: ['plan'] },
    write: { agent: 'write', after: ['read'] },
  };
  const ALL = {
    '1': ['0', 'node', 'plan'],
    '2': ['0', 'node', 'aside'],
    '3': ['0', 'node', 'read'],
    '4': ['0', 'node', 'write'],
  } as const satisfies Parameters<typeof seenBy>[1];

  it('are seen when they come from nodes that come before', () => {
    expect(seenBy('4', { ...ALL })).toEqual(['1', '3']);
    expect(seenBy('3', { ...ALL })).toEqual(['1']);
    expect(seenBy('1', { ...ALL })).toEqual([]);
  });

  it('are seen as far as the rules of sharing go', () => {
    const selective = { sharing: { strategy: 'selective' as const } };
    const nodes = { ...CHAIN, read: { ...CHAIN.read, shareOutput: ['text'] } };
    expect(seenBy('4', { ...ALL }, { ...selective, nodes })).toEqual(['3']);
    expect(seenBy('4', { ...ALL }, selective)).toEqual([]);
    expect(seenBy('4', { ...ALL }, { sharing: { strategy: 'isolated' } })).toEqual([]);
    expect(seenBy('4', { ...ALL }, { sharing: { never: ['plan'] } })).toEqual(['3']);
  });

  it('of earlier rounds of the same node are seen, those of other attempts are not', () => {
    const nodes = { ...CHAIN, write: { ...CHAIN.write, repeat: { interactive: false, max: 3 } } };
    const frames = {
      '4': ['0', 'node', 'write', 1],
      '4.2': ['0', 'node', 'write', 2],
      '4.3': ['0', 'node', 'write', 2],
    } as const satisfies Parameters<typeof seenBy>[1];
    expect(seenBy('4.3', { ...frames }, { nodes })).toEqual(['4']);
  });

  it('of workers of a loop are seen by what comes after, and by later turns of it', () => {
    const frames = {
      '1': ['0', 'node', 'plan'],
      '3': ['0', 'manager', 'read'],
      '3-1.1': ['3', 'worker', 1],
      '3-1.2': ['3', 'worker', 1],
      '3-2.1': ['3', 'worker', 2],
      '4': ['0', 'node', 'write'],
    } as const satisfies Parameters<typeof seenBy>[1];
    expect(seenBy('3-2.1', { ...frames })).toEqual(['1', '3-1.1', '3-1.2']);
    expect(seenBy('3-1.1', { ...frames })).toEqual(['1']);
    expect(seenBy('4', { ...frames })).toEqual(['1', '3', '3-1.1', '3-1.2', '3-2.1']);
  });

  it('have a folder for each round of a node and each turn of a loop', () => {
    const key = (frame: Partial<Frame>): string => sharedKey(emptyState('r-1'), frame as Frame);
    expect(key({ parent: '0', loop: 2 })).toBe('2');
    expect(key({ parent: '3', loop: 2 })).toBe('3.2');
    expect(key({ parent: '0', node: { id: 'write', attempt: 3 } })).toBe('0.write');
    expect(key({ parent: '0', node: { id: 'write', attempt: 1, round: 2 } })).toBe('0.write.2');
  });
});
