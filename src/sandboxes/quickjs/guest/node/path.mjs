// Paths with `/`, as in `node:path`.

export const sep = '/';
export const delimiter = ':';

export function isAbsolute(path) {
  return path.startsWith('/');
}

function addName(names, name, absolute) {
  const isUp = name === '..';
  const canGoUp = names.length > 0 && names.at(-1) !== '..';
  if (isUp && canGoUp) names.pop();
  else if (!isUp || !absolute) names.push(name);
}

export function normalize(path) {
  if (path === '') return '.';
  const names = [];
  const absolute = isAbsolute(path);
  for (const name of path.split('/')) {
    if (name !== '' && name !== '.') addName(names, name, absolute);
  }
  const joined = names.join('/');
  const end = path.endsWith('/') && joined !== '' ? '/' : '';
  return `${absolute ? '/' : ''}${joined}${end}` || '.';
}

export function join(...parts) {
  const given = parts.map(checked).filter((part) => part !== '');
  return given.length === 0 ? '.' : normalize(given.join('/'));
}

export function resolve(...parts) {
  let path = '';
  for (const part of [process.cwd(), ...parts.map(checked)]) {
    if (part !== '') path = isAbsolute(part) ? part : `${path}/${part}`;
  }
  const whole = normalize(path);
  return whole.length > 1 && whole.endsWith('/') ? whole.slice(0, -1) : whole;
}

function checked(part) {
  if (typeof part === 'string') return part;
  throw Object.assign(new TypeError('The "path" argument must be of type string'), {
    code: 'ERR_INVALID_ARG_TYPE',
  });
}

function trimmed(path) {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path;
}

export function dirname(path) {
  const whole = trimmed(path);
  const at = whole.lastIndexOf('/');
  if (at < 0) return '.';
  return at === 0 ? '/' : trimmed(whole.slice(0, at));
}

export function basename(path, ending = '') {
  const whole = trimmed(path);
  const name = whole === '/' ? '' : whole.slice(whole.lastIndexOf('/') + 1);
  return ending !== '' && name !== ending && name.endsWith(ending)
    ? name.slice(0, -ending.length)
    : name;
}

export function extname(path) {
  const name = basename(path);
  const at = name.lastIndexOf('.');
  return at <= 0 ? '' : name.slice(at);
}

export function relative(from, to) {
  const start = resolve(from).split('/').filter(Boolean);
  const end = resolve(to).split('/').filter(Boolean);
  let same = 0;
  while (same < start.length && start[same] === end[same]) same += 1;
  return [...start.slice(same).map(() => '..'), ...end.slice(same)].join('/');
}

export function parse(path) {
  const base = basename(path);
  const ext = extname(path);
  const dir = path.includes('/') ? dirname(path) : '';
  const name = ext === '' ? base : base.slice(0, -ext.length);
  return { root: isAbsolute(path) ? '/' : '', dir, base, ext, name };
}

export function format({ dir, root = '', base, name = '', ext = '' }) {
  const file = base ?? `${name}${ext !== '' && !ext.startsWith('.') ? '.' : ''}${ext}`;
  if (!dir) return root + file;
  return dir === root ? dir + file : `${dir}/${file}`;
}

export const posix = {
  ...{ sep, delimiter, isAbsolute, normalize, join, resolve, dirname, basename, extname },
  ...{ relative, parse, format, toNamespacedPath: (path) => path },
};
posix.posix = posix;

export { posix as whole };
