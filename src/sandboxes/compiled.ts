import { sha256 } from '../base/hash.ts';
import { cacheFolder } from './cache-folder.ts';
import { runCommand } from './commands.ts';
import type { PythonRuntime } from './interpreters.ts';
import type { Machine } from './machine.ts';

/** How a Python reads a program of ours that it has compiled before, from its first argument. */
const START =
  'import binascii, marshal, sys; exec(marshal.loads(binascii.a2b_base64(sys.argv.pop(1))))';
const COMPILE =
  'import binascii, marshal, sys; code = compile(sys.argv[1], "<awp>", "exec"); sys.stdout.write(binascii.b2a_base64(marshal.dumps(code), newline=False).decode())';
/** The same from its text; its frames bear the same name, which is hidden. */
const READ = 'import sys; exec(compile(sys.argv.pop(1), "<awp>", "exec"))';

const FLAGS = ['-s', '-S', '-X', 'utf8', '-c'];

/**
 * The words that start a Python with a program of ours, which its own arguments follow. Compiling it
 * takes longer than starting Python, so that is done once for the machine and kept in our cache
 * folder; where it cannot be done, each start compiles the text.
 */
export async function pythonProgram(
  machine: Machine,
  python: CompilingPython,
  text: string,
): Promise<readonly string[]> {
  const { path } = python;
  const code = await compiled(machine, python, text);
  return code === undefined ? [path, ...FLAGS, READ, text] : [path, ...FLAGS, START, code];
}

/**
 * Gives programs of ours in the form in which a box need not compile them each time; as their text where
 * that cannot be done. Each is compiled once.
 */
export function sourceCompiler(
  machine: Machine,
  python: CompilingPython,
): (text: string) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  const made = async (text: string): Promise<string> => {
    const code = await compiled(machine, python, text);
    if (code === undefined) return text;
    return `import binascii, marshal\nexec(marshal.loads(binascii.a2b_base64('${code}')))\n`;
  };
  return (text) => {
    const source = known.get(text) ?? made(text);
    known.set(text, source);
    return source;
  };
}

/** The Python of a box, and how it is started outside of one. */
export interface CompilingPython extends Pick<PythonRuntime, 'path' | 'version'> {
  env?: Readonly<Record<string, string>>;
}

async function compiled(
  machine: Machine,
  python: CompilingPython,
  text: string,
): Promise<string | undefined> {
  const { files } = machine.effects;
  const folder = cacheFolder(machine.effects);
  const key = sha256(JSON.stringify([python.path, python.version, COMPILE, text]));
  const place = folder && `${folder}/code/${key.slice(0, 32)}`;
  const known = place && (await files.readText(place).catch(() => undefined));
  if (known) return known;
  const done = await runCommand(machine.effects, {
    command: python.path,
    args: [...FLAGS, COMPILE, text],
    ...(python.env && { env: python.env }),
    uid: machine.uid,
  });
  if (done?.code !== 0 || !/^[\w+/=]+$/.test(done.stdout)) return undefined;
  if (place) {
    try {
      await files.makeFolder(place.slice(0, place.lastIndexOf('/')), 0o755);
      await files.write(place, done.stdout);
    } catch {
      // It is only slower without.
    }
  }
  return done.stdout;
}
