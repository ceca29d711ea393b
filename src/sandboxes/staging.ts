import type { SandboxJob } from '../ports/sandbox.ts';
import { copyReadable, isReadable, type Machine } from './machine.ts';
import { scratchFolder } from './scratch.ts';

/** The two folders of a job as the box's user can read them. */
export interface Staged {
  inputs: string | undefined;
  shared: string | undefined;
  /** Removes the copies, if any were needed. */
  remove(): Promise<void>;
}

/**
 * Gives the host folders of a job, or copies of those that only root can read (a project below a
 * closed home): nothing is copied that the box's user can read as it is.
 */
export async function stageFolders(
  machine: Machine,
  job: Pick<SandboxJob, 'inputs' | 'shared'>,
): Promise<Staged> {
  const { files } = machine.effects;
  let place: string | undefined;
  const remove = async (): Promise<void> => {
    if (place !== undefined) await files.remove(place);
  };
  const stage = async (name: string, folder: string | undefined): Promise<string | undefined> => {
    if (folder === undefined) return undefined;
    const real = await files.realPath(folder);
    if (await isReadable(machine, real)) return real;
    place ??= await scratchFolder(machine, 'stage');
    await copyReadable(machine, real, `${place}/${name}`);
    return `${place}/${name}`;
  };
  try {
    const inputs = await stage('inputs', job.inputs);
    return { inputs, shared: await stage('shared', job.shared), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
