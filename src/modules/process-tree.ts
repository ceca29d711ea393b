import type { Effects, Files } from '../ports/effects.ts';

/** Most processes that are looked for: a flood of them is ended in its group, not one by one. */
const MOST = 1000;

/**
 * All that a process of ours has started and that has not been cut loose from it, by number, also what
 * has left its group. Empty where there is no `/proc`, as on macOS and Windows, and when it has ended:
 * its number may be somebody else's then.
 */
export async function startedBy({ files, processes }: Effects, pid: number): Promise<number[]> {
  const stat = await textOf(files, `/proc/${pid}/stat`);
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (Number(parent) !== processes.pid()) return [];
  const found: number[] = [];
  let level = [pid];
  while (level.length > 0 && found.length < MOST) {
    level = (await Promise.all(level.map((one) => childrenOf(files, one)))).flat();
    found.push(...level);
  }
  return found;
}

async function childrenOf(files: Files, pid: number): Promise<number[]> {
  const folder = `/proc/${pid}/task`;
  const tasks = await files.list(folder).catch(() => []);
  const lists = await Promise.all(tasks.map((task) => textOf(files, `${folder}/${task}/children`)));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** A process that has just ended has no files any more. */
async function textOf(files: Files, path: string): Promise<string> {
  return await files.readText(path).catch(() => '');
}
