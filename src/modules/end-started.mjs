// Ends what code of a workflow has started, also what has left its group, as long as it was not cut
// loose.
import { readdirSync, readFileSync } from 'node:fs';

/** Most processes that are looked for: a flood of them is ended in its group, not one by one. */
const MOST = 1000;

/** Ends all that this process has started, where the system tells what that is. */
export function endStarted() {
  for (const pid of startedBy(process.pid)) kill(pid);
}

/** The same, and this process, which leads a group of its own. */
export function endAll() {
  endStarted();
  if (process.platform !== 'win32') kill(-process.pid);
  kill(process.pid);
}

function startedBy(pid) {
  const found = childrenOf(pid);
  for (let next = 0; next < found.length && found.length < MOST; next += 1) {
    found.push(...childrenOf(found[next]));
  }
  return found;
}

function childrenOf(pid) {
  try {
    const folder = `/proc/${pid}/task`;
    const lists = readdirSync(folder).map((task) =>
      readFileSync(`${folder}/${task}/children`, 'utf8'),
    );
    return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  } catch {
    return []; // it has just ended, or the system has no such folder
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended, or leads no group.
  }
}
