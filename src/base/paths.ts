/** Why a relative path may not be used, or undefined when it may. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'the path is empty';
  if (path.length > 1024) return 'the path is longer than 1,024 characters';
  if ([...path].some(isControl)) return 'the path has control characters';
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) return 'the path must be relative';
  if (path.includes('\\')) return 'the path must use / between folders';
  const parts = path.split('/');
  if (parts.includes('..')) return 'the path leaves its folder';
  if (parts.some((part) => new TextEncoder().encode(part).length > 255)) {
    return 'a name in the path is longer than 255 bytes';
  }
  return undefined;
}

/** C0 control characters and DEL. */
function isControl(character: string): boolean {
  return character < ' ' || character === '\x7f';
}

/** A path without `.` parts and doubled or trailing slashes, in NFC. */
export function normalPath(path: string): string {
  return path
    .normalize('NFC')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** The suffix of a path in lower case, without its dot; empty when there is none. */
export function suffixOf(path: string): string {
  return /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
}

/** A name as a part of a path: letters, digits, `.`, `_` and `-`, at most 80 characters. */
export function fileSafe(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^\.+/, '_');
  return safe.slice(0, 80) || '_';
}

/** A path into the state of a graph, without the `state.` that may stand before it. */
export function statePath(path: string): string {
  return path.replace(/^state\./, '');
}

/**
 * Whether a tool name matches a pattern: `*` stands for any characters within one segment. `tool.` is
 * another spelling of `tools.`, so that no list can miss one of them.
 */
export function matchesTool(written: string, name: string): boolean {
  const pattern = written.startsWith('tool.') ? `tools.${written.slice(5)}` : written;
  if (!pattern.includes('*')) return pattern === name;
  const wanted = pattern.split('.');
  const parts = name.split('.');
  return (
    wanted.length === parts.length && wanted.every((want, index) => segment(want, parts[index]))
  );
}

/** Whether a text fits a pattern of one segment: in few steps, whatever the pattern looks like. */
function segment(pattern: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  let at = 0;
  let star = -1;
  let from = 0;
  for (let index = 0; index < text.length; ) {
    if (pattern[at] === '*') {
      star = at;
      from = index;
      at += 1;
    } else if (pattern[at] === text[index]) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      at = star + 1;
      from += 1;
      index = from;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
