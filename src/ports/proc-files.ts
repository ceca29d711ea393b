import type { Files } from './effects.ts';

/** The text of a file of `/proc`. A process that has just ended has none any more: it is empty. */
export async function procText(files: Files, path: string): Promise<string> {
  return await files.readText(path).catch(() => '');
}

/** The threads and the children of a process by number, as Linux tells them; none without `/proc`. */
export async function familyOf(
  files: Files,
  pid: number,
): Promise<{ threads: readonly string[]; children: number[] }> {
  const folder = `/proc/${pid}/task`;
  const threads = await files.list(folder).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => procText(files, `${folder}/${thread}/children`)),
  );
  return {
    threads,
    children: lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number)),
  };
}
