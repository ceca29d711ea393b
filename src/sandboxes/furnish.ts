import type { Launch } from './box.ts';
import type { FontList } from './fonts.ts';
import type { Frame } from './frames.ts';
import type { PythonRuntime } from './interpreters.ts';
import type { Machine } from './machine.ts';
import type { RunInstaller } from './packages/run-installer.ts';
import { groupLimits, type Kit } from './provider.ts';
import { openWayOut, type WayOut } from './proxied.ts';
import type { Shape } from './shape.ts';
import { type Staged, stageFolders } from './staging.ts';

/** What a provider has for its boxes. */
export interface Household {
  kit: Kit;
  machine: Machine;
  python: PythonRuntime | undefined;
  fonts: FontList | undefined;
  /** Where installers of declared packages run; as processes of the host when left out. */
  run?: RunInstaller | undefined;
}

/** What a box of a machine's own interpreters is given besides its process. */
export interface Furniture {
  staged: Staged;
  wayOut: WayOut | undefined;
  /** Folders of declared packages. */
  layers: readonly string[];
  /** Folder of the data kit. */
  kit: string | undefined;
  /** Frames for a box that is made ready ahead. */
  first: readonly Frame[];
  group: Launch['group'];
  /** Gives all of it back. */
  remove(): Promise<void>;
}

/** What is looked for: for which box, and how much its file systems in memory can hold together. */
export interface Wish {
  shape: Shape;
  tmpfsBytes: number;
}

/** Brings together what a box needs; whatever there is of it is given back when something fails. */
export async function furnish(
  { kit, machine, python, fonts, run }: Household,
  { shape, tmpfsBytes }: Wish,
  signal: AbortSignal,
): Promise<Furniture> {
  const staged = await stageFolders(machine, shape);
  let wayOut: WayOut | undefined;
  const remove = async (): Promise<void> => {
    await wayOut?.close();
    await staged.remove();
  };
  try {
    wayOut = await openWayOut(machine, shape.policy.hosts);
    const draws = shape.readiness !== 'cold' && shape.language === 'python';
    const [layers, dataKit, first, makeGroup] = await Promise.all([
      kit.layers({ ...shape, python, run }, signal),
      kit.dataKit(),
      draws ? (fonts?.all() ?? []) : [],
      kit.groups(),
    ]);
    return {
      ...{ staged, wayOut, first, remove },
      layers: layers.map(({ folder }) => folder),
      kit: dataKit?.folder,
      group: makeGroup && (() => makeGroup(groupLimits(shape, tmpfsBytes))),
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
