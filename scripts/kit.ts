/**
 * Builds the data kit: modules for the JavaScript programs of workers (docs/data-kit.md), as one
 * folder that needs nothing beside it. Run alone it fills the cache that a checkout uses; nothing
 * is done when the folder is there and was made from the same inputs.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'rolldown';
import { type BundledPackage, noticeOf, packageAt } from './kit-notice.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'kit/src');
const MODULES = join(ROOT, 'node_modules');
/** Where a checkout looks for the kit. */
export const KIT_CACHE = join(MODULES, '.cache/awp-kit');
/** Most that the folder may have, in bytes. */
export const KIT_BYTES = 6.5 * 1000 * 1000;

/** What a program may import, with the text of the module that is bundled for it. */
const ENTRIES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['arquero', 'simple-statistics', 'ml-regression', 'vega', 'vega-lite'].map((name) => [
      name,
      `import '#globals'; export * from '${name}'; import * as all from '${name}'; export default all;`,
    ]),
  ),
  jstat: "import jStat from 'jstat'; export { jStat }; export default jStat;",
  papaparse:
    "import Papa from 'papaparse'; export default Papa; export const { parse, unparse } = Papa;",
  kit: "export * from '#kit'; import * as all from '#kit'; export default all;",
};
/** Bare names of the kit; each is `<name>.mjs` in the folder. */
export const KIT_MODULES: readonly string[] = [...Object.keys(ENTRIES), 'resvg'];

/** Files that are taken as they are. The renderer's two are its makers', unchanged. */
const AS_THEY_ARE: Readonly<Record<string, string>> = {
  'resvg.mjs': join(SOURCE, 'resvg.mjs'),
  'resvg-glue.mjs': join(MODULES, '@resvg/resvg-wasm/index.mjs'),
  'resvg.wasm': join(MODULES, '@resvg/resvg-wasm/index_bg.wasm'),
  'DejaVuSans.ttf': join(MODULES, 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  'DejaVuSans-Bold.ttf': join(MODULES, 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
};

if (import.meta.main) {
  const { built, bytes } = await buildKit();
  const state = built ? 'built' : 'up to date';
  console.log(`${KIT_CACHE}: ${state}, ${Math.ceil(bytes / 1024)} KiB`);
}

/** Makes the folder in the cache if it is not there already. Throws when it is too large. */
export async function buildKit(): Promise<{ built: boolean; bytes: number }> {
  const hash = hashOfInputs();
  const known = manifestHash(KIT_CACHE);
  if (known === hash) return { built: false, bytes: folderBytes(KIT_CACHE) };
  const fresh = `${KIT_CACHE}-${process.pid}`;
  try {
    mkdirSync(fresh, { recursive: true });
    await fill(fresh, hash);
    const bytes = folderBytes(fresh);
    if (bytes > KIT_BYTES) throw new Error(`the data kit has ${bytes} bytes`);
    putInPlace(fresh, hash);
    return { built: true, bytes };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Makes the kit and copies it to a folder that is not there yet. */
export async function copyKit(target: string): Promise<void> {
  await buildKit();
  cpSync(KIT_CACHE, target, { recursive: true });
}

async function fill(folder: string, hash: string): Promise<void> {
  const bundled = new Set<string>();
  for (const [name, text] of Object.entries(ENTRIES)) {
    for (const path of await bundle(folder, name, text)) bundled.add(path);
  }
  for (const [name, path] of Object.entries(AS_THEY_ARE)) {
    cpSync(path, join(folder, name));
    bundled.add(path);
  }
  const packages = packagesOf(bundled);
  const imports = Object.fromEntries(KIT_MODULES.map((name) => [name, `./${name}.mjs`]));
  writeFileSync(join(folder, 'NOTICE'), noticeOf(packages));
  writeJson(join(folder, 'import-map.json'), { imports });
  const versions = packages.map(({ name, version, licence }) => ({ name, version, licence }));
  writeJson(join(folder, 'manifest.json'), { hash, modules: KIT_MODULES, packages: versions });
}

/** Bundles one module; the others of the kit stay imports. Gives the files that are in it. */
async function bundle(folder: string, name: string, text: string): Promise<string[]> {
  const entry = `entry:${name}`;
  const { output } = await build({
    cwd: ROOT,
    input: { [name]: entry },
    platform: 'browser',
    external: (id) => id.startsWith('node:') || (id !== name && KIT_MODULES.includes(id)),
    plugins: [
      {
        name: 'kit-entry',
        resolveId(id) {
          if (id === entry) return id;
          return id.startsWith('#') ? join(SOURCE, `${id.slice(1)}.mjs`) : null;
        },
        load: (id) => (id === entry ? text : null),
      },
    ],
    output: {
      ...{ dir: folder, format: 'esm', minify: true, comments: false, codeSplitting: false },
      entryFileNames: '[name].mjs',
      paths: (id) => (KIT_MODULES.includes(id) ? `./${id}.mjs` : id),
    },
  });
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
}

function packagesOf(paths: ReadonlySet<string>): BundledPackage[] {
  const found = new Map<string, BundledPackage>();
  for (const path of paths) {
    const owner = packageAt(path);
    if (owner) found.set(`${owner.name}@${owner.version}`, owner);
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Two builds may end at the same time; both made the same, and one of them stays. */
function putInPlace(fresh: string, hash: string): void {
  const old = `${fresh}-old`;
  try {
    if (manifestHash(KIT_CACHE) !== hash) moveAway(old);
    renameSync(fresh, KIT_CACHE);
  } catch (error) {
    if (manifestHash(KIT_CACHE) !== hash) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

function moveAway(to: string): void {
  try {
    renameSync(KIT_CACHE, to);
  } catch (error) {
    // Nothing was there, or another build was faster.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** The lock file stands for the packages. */
function hashOfInputs(): string {
  const own = globSync(['kit/src/*.mjs', 'scripts/kit*.ts'], { cwd: ROOT }).sort();
  const hash = createHash('sha256');
  for (const file of [...own, 'package-lock.json']) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function manifestHash(folder: string): string | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')).hash;
  } catch {
    return undefined;
  }
}

function folderBytes(folder: string): number {
  const files = globSync('*', { cwd: folder });
  return files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
