import type { Effects } from '../ports/effects.ts';

/** A short program of the machine to run to its end. */
export interface Command {
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  uid?: number | undefined;
  /** Milliseconds after which it is killed; 20,000 when left out. */
  timeoutMs?: number;
}

const PATIENCE_MS = 20_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Its exit code and output; undefined when it could not be started, was killed or was too slow. */
export async function runCommand(
  effects: Effects,
  { command, args, env, uid, timeoutMs }: Command,
): Promise<{ code: number; stdout: string } | undefined> {
  const { clock, processes } = effects;
  const ids = uid === undefined ? {} : { uid, gid: uid };
  const child = processes.spawn({
    command,
    args,
    env: env ?? {},
    cwd: '/',
    detached: true,
    ...ids,
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  child.stdout.onData((bytes) => {
    size += bytes.length;
    if (size <= MAX_OUTPUT_BYTES) chunks.push(bytes);
  });
  const cancel = clock.timer(timeoutMs ?? PATIENCE_MS, () => {
    child.kill('SIGKILL', true);
    child.stdout.destroy();
    child.stderr.destroy();
  });
  child.stdin.end();
  try {
    const { code } = await child.exit;
    return code === null ? undefined : { code, stdout: Buffer.concat(chunks).toString() };
  } catch {
    // Not there or not allowed: for a probe that is an answer.
    return undefined;
  } finally {
    cancel();
  }
}
