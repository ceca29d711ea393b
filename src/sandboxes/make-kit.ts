import type { Effects } from '../ports/effects.ts';
import { groupMaker } from './cgroups.ts';
import { findNode, findPythons, type PythonRuntime } from './interpreters.ts';
import { kitFolder } from './kit.ts';
import { lookAtMachine, type Machine } from './machine.ts';
import { packageLayer } from './packages/layers.ts';
import { type Kit, readTexts } from './provider.ts';
import { sweepScratch } from './scratch.ts';

/** Boxes that are kept ready unless `AWP_POOL` says how many. */
const POOL_SIZE = 2;
const MOST_POOLED = 16;

/** What providers are made from, on this machine. */
export async function makeKit(effects: Effects): Promise<Kit> {
  const machine: Machine = await lookAtMachine(effects);
  const kit: Kit = {
    machine,
    node: once(() => findNode(machine)),
    pythons: once(() => findPythons(machine)),
    texts: once(() => readTexts(effects)),
    dataKit: once(() => kitFolder(effects)),
    groups: once(() => groupMaker(effects)),
    swept: once(() => sweepScratch(machine)),
    poolSize: poolSize(effects),
    layers: async ({ language: used, policy, python, run }, signal) => {
      // A shell program starts Python more often than Node, and it has Python's packages.
      const language = used === 'python' || used === 'shell' ? 'python' : 'javascript';
      const declared = policy.packages[language];
      // What the Python has already is not installed again, unless a version is asked for.
      const packages =
        language === 'python' ? declared.filter((name) => !has(python, name)) : declared;
      if (packages.length === 0) return [];
      const request = {
        language,
        packages,
        ...(python && { python }),
        ...(run && { run }),
      } as const;
      return [await packageLayer(kit, request, signal)];
    },
  };
  return kit;
}

function has(python: PythonRuntime | undefined, name: string): boolean {
  return python?.libraries.has(name.toLowerCase().replaceAll('_', '-')) ?? false;
}

/** `AWP_POOL`: a number of boxes; what is none counts as not said. */
function poolSize({ secrets }: Effects): number {
  const said = secrets.get('AWP_POOL');
  return said !== undefined && /^\d{1,2}$/.test(said)
    ? Math.min(Number(said), MOST_POOLED)
    : POOL_SIZE;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
