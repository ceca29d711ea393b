import { crc32, inflateRawSync } from 'node:zlib';
import type { Entry } from 'yauzl';
import type { DiagnosticCode } from '../base/diagnostic.ts';
import { P } from './codes.ts';
import { nameProblem, TakenNames } from './entry-name.ts';
import type { PackageLimits } from './limits.ts';
import type { Problems } from './problems.ts';
import { extraProblem, GET_AGAIN, readEnd, readLocalHeaders, type ZipEntry } from './zip-layout.ts';

const STORED = 0;
const DEFLATED = 8;
/** Deflate levels, sizes behind the data, and names in UTF-8; all other bits change the meaning. */
const KNOWN_FLAGS = 0b1000_0000_1110;
/** Kinds of Unix files in the upper half of the attributes: none said, folder, regular. */
const FOLDER_KIND = 0o04;
const FILE_KIND = 0o10;

/**
 * The files of an archive by path, each inflated and held against its CRC, or undefined when there
 * is anything at all to report. Nothing is written; folders of their own are left out.
 */
export async function readZip(
  bytes: Uint8Array,
  limits: PackageLimits,
  problems: Problems,
): Promise<Map<string, Uint8Array> | undefined> {
  const end = readEnd(bytes, limits, problems);
  if (!end) return undefined;
  const listed = await listEntries(bytes, problems);
  const entries = listed.flatMap((entry) => checkEntry(entry, problems));
  checkNames(entries, problems);
  checkSizes(entries, limits, problems);
  if (problems.found) return undefined;
  const starts = readLocalHeaders(bytes, entries, { directory: end.directory, problems });
  if (problems.found) return undefined;
  const files = new Map<string, Uint8Array>();
  for (const [entry, start] of starts) {
    const data = inflate(bytes.subarray(start, start + entry.compressed), entry);
    if ('code' in data) problems.report({ ...data, file: entry.name, help: GET_AGAIN });
    else if (!entry.name.endsWith('/')) files.set(entry.name, data);
  }
  return problems.found ? undefined : files;
}

async function listEntries(bytes: Uint8Array, problems: Problems): Promise<Entry[]> {
  const { fromBufferPromise } = await import('yauzl');
  const entries: Entry[] = [];
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Names stay bytes and sizes are checked here, where every problem is told.
    const options = { decodeStrings: false, validateEntrySizes: false };
    for await (const entry of (await fromBufferPromise(buffer, options)).eachEntry()) {
      entries.push(entry);
    }
    return entries;
  } catch (error) {
    const why = String(error).replace(/^Error: /, '');
    const code = /encrypt/.test(why) ? P.feature : P.archive;
    const message = `the directory of the archive cannot be read: ${why}`;
    problems.report({ code, file: '', message, help: GET_AGAIN });
    return [];
  }
}

/** An entry that means what it seems to; otherwise a report and nothing. */
function checkEntry(entry: Entry, problems: Problems): ZipEntry[] {
  const rawName: Uint8Array = entry.fileNameRaw;
  const name = decoded(rawName);
  const shown = name ?? Buffer.from(rawName).toString('latin1');
  const wrong = (code: DiagnosticCode, message: string): [] => {
    problems.report({ code, file: shown, message, help: GET_AGAIN });
    return [];
  };
  if (name === undefined) return wrong(P.name, 'its name is not written in UTF-8');
  const folder = name.endsWith('/');
  const bad = nameProblem(folder ? name.slice(0, -1) : name);
  if (bad !== undefined) return wrong(P.name, `this name cannot be used: ${bad}`);
  const kind = kindProblem(entry.externalFileAttributes, folder);
  if (kind !== undefined) return wrong(P.kind, kind);
  const feature = featureProblem(entry);
  if (feature !== undefined) return wrong(P.feature, feature);
  const extra = extraProblem(entry.extraFieldRaw);
  if (extra !== undefined) return wrong(extra.includes('ZIP64') ? P.feature : P.headers, extra);
  const { crc32: crc, compressedSize: compressed, uncompressedSize: size } = entry;
  const { generalPurposeBitFlag: flags, compressionMethod: method } = entry;
  if ((method === STORED && compressed !== size) || (folder && size !== 0)) {
    return wrong(P.headers, `it claims ${size} bytes, and ${compressed} in the archive`);
  }
  const offset = entry.relativeOffsetOfLocalHeader;
  return [{ name, rawName, flags, method, crc, compressed, size, offset }];
}

function featureProblem({
  generalPurposeBitFlag: flags,
  compressionMethod: method,
}: Entry): string | undefined {
  if ((flags & 1) !== 0) return 'it is encrypted';
  if ((flags & ~KNOWN_FLAGS) !== 0) return 'it uses a feature that is not known';
  if (method === STORED || method === DEFLATED) return undefined;
  return `it is compressed with method ${method}; stored and deflate are read`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Links, devices and programs that run as somebody else, whatever system the archive names. */
function kindProblem(attributes: number, folder: boolean): string | undefined {
  const mode = attributes >>> 16;
  const kind = mode >> 12;
  if (kind === 0o12) return 'it is a link';
  if (kind !== 0 && kind !== (folder ? FOLDER_KIND : FILE_KIND)) {
    return `it is no regular ${folder ? 'folder' : 'file'}`;
  }
  return (mode & 0o7000) === 0 ? undefined : 'it has a mode that gives rights of its owner';
}

function checkNames(entries: readonly ZipEntry[], problems: Problems): void {
  const names = new TakenNames();
  for (const { name } of entries) {
    const folder = name.endsWith('/');
    const clash = names.take(folder ? name.slice(0, -1) : name, folder ? 'folder' : 'file');
    if (clash === undefined) continue;
    const message = `its name is taken already, by \`${clash}\``;
    problems.report({ code: P.collision, file: name, message, help: GET_AGAIN });
  }
}

/** Declared sizes; inflating stops at them. */
function checkSizes(entries: readonly ZipEntry[], limits: PackageLimits, problems: Problems): void {
  const { fileBytes, totalBytes, ratio, ratioFrom } = limits;
  const wrong = (file: string, message: string): void =>
    problems.report({ code: P.limit, file, message, help: GET_AGAIN });
  let total = 0;
  for (const { name, size, compressed } of entries) {
    total += size;
    if (size > fileBytes) wrong(name, `it has ${size} bytes; ${fileBytes} are allowed`);
    else if (size > ratioFrom && size > ratio * compressed) {
      wrong(name, `it would grow from ${compressed} to ${size} bytes, more than ${ratio} times`);
    }
  }
  if (total > totalBytes) wrong('', `the files have ${total} bytes; ${totalBytes} are allowed`);
}

/** What is wrong with the data of an entry. */
interface BadData {
  code: DiagnosticCode;
  message: string;
}

function inflate(data: Uint8Array, { method, size, crc }: ZipEntry): Uint8Array | BadData {
  const content = method === STORED ? data : inflated(data, size);
  if ('code' in content) return content;
  if (content.length !== size) {
    return lie(`it has ${content.length} bytes where ${size} are claimed`);
  }
  return crc32(content) === crc ? content : lie('its data has another CRC than is claimed');
}

/** Never more than `size` bytes, whatever the data would become. */
function inflated(data: Uint8Array, size: number): Uint8Array | BadData {
  try {
    const { buffer, engine } = inflateRawSync(data, {
      maxOutputLength: Math.max(size, 1),
      info: true,
    }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
    return engine.bytesWritten === data.length ? buffer : lie('there is something behind its data');
  } catch (error) {
    return error instanceof RangeError
      ? lie(`it has more than the ${size} bytes that are claimed`)
      : { code: P.archive, message: 'it cannot be inflated' };
  }
}

const lie = (message: string): BadData => ({ code: P.headers, message });
