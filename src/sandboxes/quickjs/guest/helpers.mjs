// The names that programs find (spec, capabilities 2.3).
import { core } from './fs-core.mjs';

const CWD = '/box';
const FOLDERS = ['inputs', 'output', 'shared'];

/** Makes them. `path`: the functions of `node:path`. */
export function makeHelpers(path) {
  const below = (folder, parts) => {
    const target = path.join(folder, ...parts.map(String));
    if (target === folder || target.startsWith(`${folder}/`)) return target;
    throw new Error(`the path leaves ${path.basename(folder)}/`);
  };
  const filesBelow = (top) => {
    const entries = core.readdir(top, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
  };
  return {
    _workspace_dir: CWD,
    _output_dir: `${CWD}/output`,
    _ensure_dir(target) {
      core.mkdir(path.extname(target) === '' ? target : path.dirname(target), { recursive: true });
      return target;
    },
    _output_file(...parts) {
      const target = below(`${CWD}/output`, parts);
      core.mkdir(path.dirname(target), { recursive: true });
      return target;
    },
    _input_file: (...parts) => below(`${CWD}/inputs`, parts),
    _list_files(folder) {
      const tops = folder ? [folder] : FOLDERS.map((name) => `${CWD}/${name}`);
      const found = tops.filter((top) => core.exists(top)).flatMap(filesBelow);
      return found.map((file) => path.relative(folder ?? CWD, file)).sort();
    },
    _verify_png(target) {
      const bytes = core.readFile(target);
      const begins = bytes.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n';
      if (bytes.length < 500 || !begins) return false;
      return bytes.readUInt32BE(16) >= 10 && bytes.readUInt32BE(20) >= 10;
    },
  };
}
