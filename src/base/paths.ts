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

/** A name as a part of a path: letters, digits, `.`, `_` and `-`, at most 80 characters. */
export function fileSafe(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^\.+/, '_');
  return safe.slice(0, 80) || '_';
}

/** Whether a tool name matches a pattern: `*` stands for any characters within one segment. */
export function matchesTool(pattern: string, name: string): boolean {
  const wanted = pattern.split('.');
  const parts = name.split('.');
  return (
    wanted.length === parts.length && wanted.every((want, index) => segment(want, parts[index]))
  );
}

function segment(pattern: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  const source = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('[^.]*')}$`, 's').test(text);
}
