// Which modules a program may import: those of its box, of the data kit, and its own files.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { CWD } from './files.mjs';

const OURS = 'awp:/';
const NODE = `${OURS}guest/node/`;
/** A module of Node with its default export. */
const WHOLE = `${OURS}whole/`;
const ABSENT = `${OURS}absent/`;
const FAILED = `${OURS}failed/`;
const KIT = 'kit:';
const HAS = 'this box has computing, files and the tools of the host only';
/** No part of it is `.` or `..`: such a name would lead out of the folder that it is looked for in. */
const BARE = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))(?:@[\w.-]+\/)?[\w.-]+(?:\/[\w.-]+)*$/;

/**
 * Loads modules by name for the engine. It gets over an error in the loading of a module, but not in
 * the finding of its name: what cannot be had gets a name that says why. `kit`: folder of the data
 * kit, if there is one.
 */
export function makeLoader({ modules, files, kit }) {
  const ours = (name) => modules.get(name.slice(OURS.length));
  const nodeModule = (name) => {
    const inside = `${NODE}${name.replace(/[/_]/g, '-')}.mjs`;
    if (ours(inside)) return `${WHOLE}${inside}`;
    return isBuiltin(`node:${name}`) ? `${ABSENT}${name}` : undefined;
  };
  const bare = (base, name) => {
    const found = nodeModule(name);
    if (found) return found;
    if (kit && BARE.test(name) && existsSync(path.join(kit, `${name}.mjs`))) {
      return `${KIT}${name}.mjs`;
    }
    return failed(`Cannot find package '${name}' imported from ${base}${kitNames(kit)}`);
  };
  return {
    normal(base, name) {
      if (base.startsWith(OURS)) return name.startsWith(OURS) ? name : new URL(name, base).href;
      if (name.startsWith('node:')) {
        const inner = name.slice('node:'.length);
        return nodeModule(inner) ?? failed(`No such built-in module: ${name}`);
      }
      if (/^\.{0,2}\//.test(name)) return besideOf(base, name, files);
      if (/^[a-z][a-z0-9+.-]*:/i.test(name)) return failed(`cannot import ${name}: ${HAS}`);
      return bare(base, name);
    },
    load(name) {
      if (name.startsWith(FAILED)) throw new Error(decodeURIComponent(name.slice(FAILED.length)));
      if (name.startsWith(WHOLE)) return whole(name.slice(WHOLE.length));
      if (name.startsWith(ABSENT)) return absent(name.slice(ABSENT.length));
      if (name.startsWith(OURS)) return ours(name).toString();
      if (name.startsWith(KIT)) return readFileSync(path.join(kit, name.slice(KIT.length)), 'utf8');
      return ownFile(files, name);
    },
  };
}

/** The names of a module, and all of them as what is imported without a name. */
function whole(name) {
  return `export * from '${name}';
import * as all from '${name}';
export default all.whole ?? { ...all };`;
}

const failed = (message) => FAILED + encodeURIComponent(message);

/** A module of Node that is not here: its names are, and refuse to work. */
function absent(name) {
  const its = Object.keys(process.getBuiltinModule(`node:${name}`));
  const names = its.filter((one) => /^[A-Za-z_]\w*$/.test(one) && one !== 'default');
  const parts = names.map((one) => `refusing('node:${name} ${one}')`);
  const list = names.map((one) => `_${one}`).join(', ');
  return `import { refusing } from '${OURS}guest/absent.mjs';
const [${list}] = [${parts.join(', ')}];
export { ${names.map((one) => `_${one} as ${one}`).join(', ')} };
export default { ${names.map((one) => `${one}: _${one}`).join(', ')} };`;
}

/** A file beside the one that imports it; in the kit it stays there. */
function besideOf(base, name, files) {
  if (!base.startsWith(KIT)) {
    const folder = base.startsWith('/') ? path.posix.dirname(base) : CWD;
    const target = path.posix.resolve(folder, name);
    const found = files.find(target);
    return found && !found.folder ? target : failed(`Cannot find module '${target}'`);
  }
  const target = path.posix.normalize(`/${path.posix.dirname(base.slice(KIT.length))}/${name}`);
  return KIT + target.slice(1);
}

function ownFile(files, name) {
  const text = Buffer.from(files.find(name)?.read() ?? []).toString();
  return name.endsWith('.json') ? `export default JSON.parse(${JSON.stringify(text)});` : text;
}

function kitNames(kit) {
  if (!kit) return `: ${HAS}`;
  const map = path.join(kit, 'import-map.json');
  const names = existsSync(map)
    ? Object.keys(JSON.parse(readFileSync(map, 'utf8')).imports ?? {})
    : readdirSync(kit).flatMap((file) => (file.endsWith('.mjs') ? [file.slice(0, -4)] : []));
  return `; there is ${names.filter((name) => BARE.test(name)).join(', ')}`;
}
