import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Effects } from '../../ports/effects.ts';
import { encodeFrame, type Frame } from '../frames.ts';

/** What the child process runs, as texts: it needs no right to read our files, nor has its user. */
export interface ChildModules {
  /** What it begins with, as an argument: this reads the rest. */
  boot: string;
  /** All other modules, as frames inside of one. */
  rest: Frame;
}

/** The child's own modules, and below `guest` those for the inside of the engine. */
const FOLDERS: readonly (readonly [name: string, folder: string])[] = [
  ['child', '.'],
  ['guest', 'guest'],
  ['guest/node', 'guest/node'],
];
const BOOT = 'boot.mjs';
/** What programs of every box find, from the folder above. */
const SDK = 'sdk.mjs';
const CORE = 'quickjs-emscripten-core';
const TYPES = '@jitl/quickjs-ffi-types';
const ENGINE = '@jitl/quickjs-ng-wasmfile-release-sync';
const MODULE = /(?<!\.browser)\.(?:mjs|wasm)$/;

/** Reads them. Throws Node's own error when a package is not installed. */
export async function readModules({ files }: Effects): Promise<ChildModules> {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const require = createRequire(import.meta.url);
  const core = require.resolve(CORE);
  const folders: (readonly [name: string, folder: string])[] = [
    ...FOLDERS.map(([name, folder]) => [name, path.join(here, folder)] as const),
    ['core', path.dirname(core)],
    ['types', path.dirname(createRequire(core).resolve(TYPES))],
    ['engine', path.dirname(require.resolve(ENGINE))],
  ];
  const read = await Promise.all(folders.map((entry) => readFolder(files, entry)));
  const [boot, sdk] = await Promise.all([
    files.readText(path.join(here, BOOT)),
    files.readBytes(path.join(here, '..', SDK)),
  ]);
  const shared = encodeFrame({ kind: 'M', name: `guest/${SDK}`, payload: sdk });
  return { boot, rest: { kind: 'M', name: '', payload: Buffer.concat([...read.flat(), shared]) } };
}

async function readFolder(
  files: Effects['files'],
  [name, folder]: readonly [name: string, folder: string],
): Promise<Uint8Array[]> {
  const names = (await files.list(folder)).filter((one) => MODULE.test(one) && one !== BOOT);
  return await Promise.all(
    names.map(async (one) => {
      const payload = await files.readBytes(path.join(folder, one));
      return encodeFrame({ kind: 'M', name: `${name}/${one}`, payload });
    }),
  );
}
