import { readdir, readFile } from 'node:fs/promises';

/** In the command line of a box that waits for a program, whatever its provider. */
const AHEAD = 'ahead=1';

/** Boxes that wait, started by this process or by one below it; `like`: in their command line as well. */
export async function waiting(root: number = process.pid, like = AHEAD): Promise<number> {
  const found: number[] = [];
  for (let queue = [root]; queue.length > 0; ) {
    const [pid = 0] = queue.splice(0, 1);
    const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
    const lists = tasks.map((task) =>
      readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => ''),
    );
    const children = (await Promise.all(lists)).join(' ').split(' ').filter(Boolean).map(Number);
    found.push(...children);
    queue = [...queue, ...children];
  }
  const lines = found.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  const heads = (await Promise.all(lines)).filter(
    (line) => line.includes(AHEAD) && line.includes(like),
  );
  return heads.length;
}

/** Looks until it is so. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
