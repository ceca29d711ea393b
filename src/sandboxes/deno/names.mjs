// The names that programs in JavaScript and TypeScript find (spec, capabilities 2.3).
import fs from 'node:fs';
import path from 'node:path';

const FOLDERS = ['inputs', 'output', 'shared'];

function below(folder, parts) {
  const target = path.join(folder, ...parts.map(String));
  if (target === folder || target.startsWith(folder + path.sep)) return target;
  throw new Error(`the path leaves ${path.basename(folder)}/`);
}

// Entries are asked one by one: a recursive look does not follow the links that our folders are.
function filesBelow(top) {
  return fs.readdirSync(top, { withFileTypes: true }).flatMap((entry) => {
    const target = path.join(top, entry.name);
    if (entry.isDirectory()) return filesBelow(target);
    return entry.isFile() ? [target] : [];
  });
}

/** Makes them for the program's folder. */
export function makeNames(cwd) {
  const output = path.join(cwd, 'output');
  return {
    _workspace_dir: cwd,
    _output_dir: output,
    _ensure_dir(target) {
      const folder = path.extname(target) === '' ? target : path.dirname(target);
      fs.mkdirSync(folder, { recursive: true });
      return target;
    },
    _output_file(...parts) {
      const target = below(output, parts);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      return target;
    },
    _input_file: (...parts) => below(path.join(cwd, 'inputs'), parts),
    _list_files(folder) {
      const tops = folder ? [folder] : FOLDERS.map((name) => path.join(cwd, name));
      const found = tops.filter((top) => fs.existsSync(top)).flatMap(filesBelow);
      return found.map((file) => path.relative(folder ?? cwd, file)).sort();
    },
    _verify_png(target) {
      const bytes = fs.readFileSync(target);
      if (bytes.length < 500 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n')
        return false;
      return bytes.readUInt32BE(16) >= 10 && bytes.readUInt32BE(20) >= 10;
    },
  };
}
