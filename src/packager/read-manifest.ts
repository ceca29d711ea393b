import { sha256 } from '../base/hash.ts';
import { type Json, type JsonObject, parseJson } from '../base/json.ts';
import { nameProblem } from './entry-name.ts';
import { MANIFEST, WORKFLOW_FILE } from './manifest.ts';
import { compareBytes } from './write-zip.ts';

/** List of sums in packages of the Python packager. */
export const CHECKSUMS = 'checksums.sha256';

/** What a package claims about itself, in either layout. */
export interface Claims {
  /** `awp`: the specification's, with one top folder; `reference`: the Python packager's, flat. */
  layout: 'awp' | 'reference';
  /** What the layout does not tell is undefined. */
  name: string | undefined;
  version: string | undefined;
  awpVersion: string | undefined;
  createdAt: string | undefined;
  checksum: string;
  /** Sums by path; sizes only where the layout has them. */
  files: ReadonlyMap<string, { sha256: string; size: number | undefined }>;
  /** Files that describe the package and are no part of the workflow. */
  own: readonly string[];
}

const SUM = /^[0-9a-f]{64}$/;
/** One line of `checksums.sha256`. */
const SUM_LINE = /^([0-9a-f]{64}) {2}(.+)$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads `manifest.json` of the specification's layout; what is wrong comes as a sentence. */
export function readManifest(bytes: Uint8Array): Claims | string {
  const manifest = objectIn(bytes);
  if (!manifest) return `${MANIFEST} is no JSON object, is too large, or nests too deep`;
  const { name, version, awp_version: awp, created_at: created, checksum, files: list } = manifest;
  const texts = [name, version, awp, created];
  if (!texts.every(isText)) return 'name, version, awp_version and created_at must be texts';
  if (!isSum(checksum)) return 'checksum must be 64 lower-case hexadecimal digits';
  const files = Array.isArray(list) ? listedFiles(list) : 'files must be a list';
  if (typeof files === 'string') return files;
  const [nameText, versionText, awpVersion, createdAt] = texts;
  return {
    layout: 'awp',
    name: nameText,
    version: versionText,
    awpVersion,
    createdAt,
    checksum,
    files,
    own: [MANIFEST],
  };
}

function listedFiles(list: readonly Json[]): Claims['files'] | string {
  const files = new Map<string, { sha256: string; size: number }>();
  for (const [index, one] of list.entries()) {
    const where = `files[${index}]`;
    const { path, sha256: sum, size } = isObject(one) ? one : {};
    if (!isText(path) || nameProblem(path) !== undefined) return `${where} has no usable path`;
    if (!isSum(sum)) return `${where} has no sha256 of 64 lower-case hexadecimal digits`;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      return `${where} has no size`;
    }
    if (files.has(path)) return `${where} lists a path for the second time`;
    files.set(path, { sha256: sum, size });
  }
  if (!files.has(WORKFLOW_FILE)) return `files does not list ${WORKFLOW_FILE}`;
  return files;
}

/** Reads the two files of the Python packager (surfaces 3.1); what is wrong comes as a sentence. */
export function readReference(bytes: Uint8Array, sums: Uint8Array): Claims | string {
  const manifest = objectIn(bytes);
  if (!manifest) return `${MANIFEST} is no JSON object, is too large, or nests too deep`;
  const { workflow_name: name, created_at: created, checksum } = manifest;
  if (!isSum(checksum)) return 'checksum must be 64 lower-case hexadecimal digits';
  const files = readSums(sums);
  if (typeof files === 'string') return files;
  return {
    layout: 'reference',
    name: isText(name) ? name : undefined,
    version: undefined,
    awpVersion: undefined,
    createdAt: isText(created) ? created : undefined,
    checksum,
    files,
    own: [MANIFEST, CHECKSUMS],
  };
}

function readSums(bytes: Uint8Array): Claims['files'] | string {
  const files = new Map<string, { sha256: string; size: undefined }>();
  const text = decoded(bytes)?.replace(/\n$/, '');
  if (text === undefined) return `${CHECKSUMS} is not written in UTF-8`;
  for (const [index, line] of text.split('\n').entries()) {
    const [, sum = '', path = ''] = SUM_LINE.exec(line) ?? [];
    const where = `line ${index + 1} of ${CHECKSUMS}`;
    if (path === '' || nameProblem(path) !== undefined) {
      return `${where} is no sum, two spaces and a path`;
    }
    if (files.has(path)) return `${where} lists a path for the second time`;
    files.set(path, { sha256: sum, size: undefined });
  }
  if (!files.has(WORKFLOW_FILE)) return `${CHECKSUMS} does not list ${WORKFLOW_FILE}`;
  return files;
}

/** The `checksum` of the Python packager: over its JSON text of path and sum (surfaces 3.1). */
export function referenceChecksum(files: Claims['files']): string {
  const pairs = [...files]
    .sort(([one], [other]) => compareBytes(one, other))
    .map(([path, { sha256: sum }]) => `${asciiJson(path)}: ${asciiJson(sum)}`);
  return sha256(`{${pairs.join(', ')}}`);
}

/** A JSON text with all that is not printable ASCII as `\uXXXX`, as Python writes it. */
function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function objectIn(bytes: Uint8Array): JsonObject | undefined {
  const text = decoded(bytes);
  const value = text === undefined ? undefined : parseJson(text);
  return isObject(value) ? value : undefined;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function isSum(value: Json | undefined): value is string {
  return typeof value === 'string' && SUM.test(value);
}
