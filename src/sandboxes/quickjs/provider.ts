import type { ProcessSpec } from '../../ports/effects.ts';
import type { Launch } from '../box.ts';
import { Boxes, type Made } from '../boxes.ts';
import { fetchChannel } from '../fetch-channel.ts';
import type { NodeRuntime } from '../interpreters.ts';
import { idsOf, type Machine } from '../machine.ts';
import type { Kit, Provider } from '../provider.ts';
import type { Shape } from '../shape.ts';
import { type Staged, stageFolders } from '../staging.ts';
import { type ChildModules, readModules } from './modules.ts';

interface Parts {
  machine: Machine;
  node: NodeRuntime;
  modules: ChildModules;
  kit: string | undefined;
  /** Stack of the process around the engine, in KiB. */
  stackKb: number;
}

/** Heap of the process around the engine, in MiB: texts and files pass through it. */
const HEAP_MB = 256;
/** Stack of that process, in KiB: Node's own, and the most that we ask for. */
const STACK_KB = { least: 984, most: 6000 };
/** How many bytes of it a byte of the engine's stack can take. */
const STACK_RATIO = 6.8;
/** The pipe on which programs call tools, and its number for the child. */
const CALLS = { pipe: 1, descriptor: 4 };

/**
 * Boxes by QuickJS, an engine that was compiled to wasm, in a process of ours that may read the
 * program's inputs and nothing else: for JavaScript and TypeScript wherever Node runs. Undefined
 * where the packages of the engine are not installed, or Node cannot be read by the box's user.
 */
export async function quickjsProvider(kit: Kit): Promise<Provider | undefined> {
  const { machine } = kit;
  const { effects, uid } = machine;
  if (effects.processes.uid() === 0 && uid === undefined) return undefined;
  const modules = await readModules(effects).catch(() => undefined);
  if (!modules) return undefined;
  const [node, dataKit, stackKb] = await Promise.all([
    kit.node().catch(() => undefined),
    kit.dataKit(),
    stackOf(machine),
  ]);
  if (!node) return undefined;
  const parts = { machine, node, modules, kit: dataKit?.folder, stackKb };
  const boxes = new Boxes(
    {
      effects,
      make: (shape) => makeBox(parts, shape),
      frames: async () => [],
      serves: () => false,
    },
    kit.poolSize,
  );
  const more = dataKit ? `; ${dataKit.description}` : '; no packages';
  const on = (name: string): string =>
    `${name} on QuickJS inside of Node ${node.version} (about 30 times slower than Node itself), an ES module with node:fs, node:path and a few other node: modules for computing${more}`;
  return {
    name: 'quickjs',
    isolation:
      'QuickJS: an engine in wasm with its own memory, in a process that may read its inputs and nothing else',
    languages: [
      { language: 'javascript', description: on('JavaScript') },
      {
        language: 'typescript',
        description: `${on('TypeScript')}; types are stripped, so no enum and no namespace`,
      },
    ],
    network: true,
    ...boxes.asProvider('javascript'),
  };
}

/** What the system lets the first thread of a process have, with room for what is not ours. */
async function stackOf({ effects: { files, processes } }: Machine): Promise<number> {
  const { os } = processes.platform();
  // Systems that give 8 MiB to whoever has not asked for something else; elsewhere Node's own is left.
  if (os !== 'linux') return os === 'darwin' ? STACK_KB.most : STACK_KB.least;
  const limits = await files.readText('/proc/self/limits').catch(() => '');
  const soft = /^Max stack size\s+(\S+)/m.exec(limits)?.[1];
  if (soft === 'unlimited') return STACK_KB.most;
  const allowed = Math.floor((Number(soft) || 0) / 1024 / 1.3);
  return Math.max(STACK_KB.least, Math.min(STACK_KB.most, allowed));
}

async function makeBox(parts: Parts, shape: Shape): Promise<Made> {
  const { machine, modules } = parts;
  const staged = await stageFolders(machine, shape);
  const launch: Launch = {
    spec: specOf(parts, shape, staged),
    first: [modules.rest],
    calls: CALLS.pipe,
    ...(shape.policy.hosts.length > 0 && fetchChannel(machine.effects)),
    watchTasks: false,
  };
  return { launch, use: () => {}, remove: () => staged.remove() };
}

function specOf(
  parts: Parts,
  { language, policy }: Shape,
  { inputs, shared }: Staged,
): ProcessSpec {
  const { machine, node, modules, kit, stackKb } = parts;
  const { memoryMb, cpuSeconds, fileBytes, openFiles } = policy;
  const words = {
    ...{ language, inputs, shared, kit, calls: CALLS.descriptor },
    ...{ memoryMb, cpuSeconds, fileBytes, openFiles, hosts: policy.hosts.length > 0 },
    stackBytes: Math.floor((stackKb * 1024) / STACK_RATIO),
  };
  const readable = [inputs, shared, kit].filter((folder) => folder !== undefined);
  const flags = [
    '--permission',
    ...readable.map((folder) => `--allow-fs-read=${folder}`),
    // The permission model does not cover it (sandbox-and-scale A3, finding 1).
    '--no-experimental-sqlite',
    '--disallow-code-generation-from-strings',
    `--max-old-space-size=${HEAP_MB}`,
    ...(stackKb > STACK_KB.least ? [`--stack-size=${stackKb}`] : []),
    // For the reader of modules that says what a syntax error is.
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
  ];
  return {
    command: node.source,
    args: [...flags, '--input-type=module', '-e', modules.boot, JSON.stringify(words)],
    cwd: '/',
    env: { TZ: 'UTC' },
    extra: ['pipe', 'pipe'],
    ...idsOf(machine),
  };
}
