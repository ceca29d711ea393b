import { isObject, type JsonObject, parseJson } from '../../base/json.ts';
import type { Person } from '../person.ts';
import type { Shell } from '../shell.ts';
import { oneLine } from '../text.ts';

/** Variables that an editor needs to be the user's own; keys of services are none of its business. */
const EDITOR_VARIABLES = [
  ...['PATH', 'HOME', 'USER', 'SHELL', 'TERM', 'COLORTERM', 'LANG', 'LC_ALL', 'LC_CTYPE'],
  ...['TMPDIR', 'DISPLAY', 'WAYLAND_DISPLAY', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'VIMINIT'],
];
/** Gives the program the terminal itself, which it finds on other numbers; `$1` is the file. */
const IN_TERMINAL = (editor: string): string => `${editor} "$1" <&3 >&4 2>&5`;

/** What came of editing. */
export type Edited =
  | { args: JsonObject }
  /** The text is no JSON object; it is kept to be put right. */
  | { draft: string; problem: string }
  | 'interrupted'
  | 'ended'
  | 'withdrawn';

/**
 * Has a person change arguments: in `$VISUAL` or `$EDITOR` on a temporary file, or without one as a
 * line of JSON. `text` is what the editor begins with.
 */
export async function editArgs(
  text: string,
  { shell, person }: { shell: Shell; person: Person },
  signal: AbortSignal,
): Promise<Edited> {
  const editor = shell.env('VISUAL') ?? shell.env('EDITOR');
  if (editor === undefined) {
    const answer = await person.line('New arguments, as JSON on one line: ', signal);
    return typeof answer === 'string' ? answer : read(answer.text);
  }
  return inEditor(text, editor, shell);
}

async function inEditor(text: string, editor: string, shell: Shell): Promise<Edited> {
  const { files, processes } = await shell.effects();
  const folder = await files.temporaryFolder('awp-approval-');
  const path = `${folder}/arguments.json`;
  try {
    await files.write(path, `${text}\n`);
    const { exit } = processes.spawn({
      command: 'sh',
      args: ['-c', IN_TERMINAL(editor), 'sh', path],
      env: Object.fromEntries(
        EDITOR_VARIABLES.flatMap((name) => {
          const value = shell.env(name);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
      cwd: shell.cwd,
      extra: [{ fd: 0 }, { fd: 1 }, { fd: 2 }],
    });
    const { code } = await exit;
    if (code !== 0) return { draft: text, problem: `${oneLine(editor)} did not end well` };
    return read(await files.readText(path));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { draft: text, problem: `${oneLine(editor)} could not be used: ${oneLine(why)}` };
  } finally {
    await files.remove(folder);
  }
}

function read(text: string): Edited {
  const value = parseJson(text);
  if (isObject(value)) return { args: value };
  const problem = value === undefined ? 'this is no JSON' : 'arguments are a JSON object: {...}';
  return { draft: text, problem };
}
