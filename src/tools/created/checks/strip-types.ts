import { fileURLToPath } from 'node:url';
import { isObject, parseJson } from '../../../base/json.ts';
import type { DraftContext } from '../../../ports/toolsmith.ts';

/** Time of the process, and characters of its answer. */
const STRIP_MS = 10_000;
const ANSWER_CHARS = 1024 * 1024;

/** A program without its types, or why it has none. */
export type Stripped = { code: string } | { problem: string; line?: number; column?: number };

/**
 * A TypeScript program as JavaScript, with everything at its place. It is stripped in a process of its
 * own, which can read its script and nothing else. Rejects with the reason of the context's signal.
 */
export async function stripTypes(
  code: string,
  { effects, signal }: Pick<DraftContext, 'effects' | 'signal'>,
): Promise<Stripped> {
  const script = await effects.files.realPath(
    fileURLToPath(new URL('./strip-types.mjs', import.meta.url)),
  );
  signal.throwIfAborted();
  const child = effects.processes.spawn({
    command: effects.processes.node(),
    args: ['--permission', '--no-warnings', `--allow-fs-read=${script}`, script],
    env: {},
  });
  const end = (): void => child.kill('SIGKILL');
  const cancelTimer = effects.clock.timer(STRIP_MS, end);
  signal.addEventListener('abort', end, { once: true });
  try {
    let answer = '';
    const decoder = new TextDecoder();
    child.stdout.onData((bytes) => {
      answer += decoder.decode(bytes, { stream: true });
      if (answer.length > ANSWER_CHARS) end();
    });
    child.stderr.onData(() => {});
    await child.stdin.write(new TextEncoder().encode(JSON.stringify(code)));
    child.stdin.end();
    await child.exit.catch(() => undefined); // what could not start has said nothing
    signal.throwIfAborted();
    return strippedOf(answer);
  } finally {
    signal.removeEventListener('abort', end);
    cancelTimer();
    end();
  }
}

function strippedOf(answer: string): Stripped {
  const said = parseJson(answer);
  if (!isObject(said)) return { problem: 'its types cannot be read' };
  const { code, problem, line, column } = said;
  if (typeof code === 'string') return { code };
  return {
    problem: String(problem),
    ...(typeof line === 'number' && { line }),
    ...(typeof column === 'number' && { column }),
  };
}
