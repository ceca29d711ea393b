import type { DiagnosticCode } from '../base/diagnostic.ts';
import { P } from './codes.ts';
import type { PackageLimits } from './limits.ts';
import type { Problems } from './problems.ts';

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
/** General purpose bit: sizes and CRC stand behind the data, not in the local header. */
const HAS_DESCRIPTOR = 1 << 3;

/** Help for what only a broken or hostile archive has. */
export const GET_AGAIN = 'get the package again from whom you have it; do not use this one';

/** What the end record says. */
export interface ZipEnd {
  entries: number;
  /** Offset of the central directory, which ends where the end record starts. */
  directory: number;
}

/** An entry of the central directory, as far as its local header must agree. */
export interface ZipEntry {
  /** The name as it can be shown. */
  name: string;
  rawName: Uint8Array;
  flags: number;
  method: number;
  crc: number;
  compressed: number;
  size: number;
  /** Offset of the local header. */
  offset: number;
}

/**
 * The end record, when it is the last thing of the archive and the only one that a reader can find;
 * otherwise the problem is reported.
 */
export function readEnd(
  bytes: Uint8Array,
  limits: PackageLimits,
  problems: Problems,
): ZipEnd | undefined {
  const wrong = (code: DiagnosticCode, message: string): undefined => {
    problems.report({ code, file: '', message, help: GET_AGAIN });
  };
  const view = viewOf(bytes);
  const at = bytes.length - END_BYTES;
  if (at < 0) return wrong(P.archive, 'this is no ZIP archive: it is too short');
  if (view.getUint32(at, true) !== END_SIGNATURE || view.getUint16(at + 20, true) !== 0) {
    return hasEnd(view)
      ? wrong(P.headers, 'there is something behind the end of the archive')
      : wrong(P.archive, 'this is no ZIP archive, or it was cut short');
  }
  const [disk, first, here, entries] = [4, 6, 8, 10].map((from) => view.getUint16(at + from, true));
  const size = view.getUint32(at + 12, true);
  const directory = view.getUint32(at + 16, true);
  const locator = at - LOCATOR_BYTES;
  const zip64 = locator >= 0 && view.getUint32(locator, true) === LOCATOR_SIGNATURE;
  if (zip64 || entries === 0xffff || directory === 0xffffffff) {
    return wrong(P.feature, 'the archive is of the ZIP64 kind');
  }
  if (disk !== 0 || first !== 0 || here !== entries || entries === undefined) {
    return wrong(P.feature, 'the archive is spread over several disks');
  }
  if (entries > limits.entries) {
    return wrong(P.limit, `the archive has ${entries} entries; ${limits.entries} are allowed`);
  }
  if (directory + size !== at) {
    return wrong(P.headers, 'the directory of the archive is not where its end says');
  }
  return { entries, directory };
}

/** Whether there is an end record somewhere in front of the last bytes. */
function hasEnd(view: DataView): boolean {
  const from = view.byteLength - END_BYTES;
  for (let at = from; at >= Math.max(0, from - 0xffff); at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return true;
  }
  return false;
}

/**
 * Where the data of each entry starts. Local headers must say what the central directory says, and
 * headers and data must fill the archive from its first byte to the directory without a gap.
 */
export function readLocalHeaders(
  bytes: Uint8Array,
  entries: readonly ZipEntry[],
  { directory, problems }: { directory: number; problems: Problems },
): Map<ZipEntry, number> {
  const view = viewOf(bytes);
  const starts = new Map<ZipEntry, number>();
  let at = 0;
  for (const entry of [...entries].sort((one, other) => one.offset - other.offset)) {
    const read = entry.offset === at ? readLocal(view, entry, directory) : OUT_OF_LINE;
    if (typeof read === 'string') {
      problems.report({ code: P.headers, file: entry.name, message: read, help: GET_AGAIN });
      return starts;
    }
    starts.set(entry, read.start);
    at = read.end;
  }
  if (at !== directory) {
    const message = 'there are bytes between the entries and the directory of the archive';
    problems.report({ code: P.headers, file: '', message, help: GET_AGAIN });
  }
  return starts;
}

const OUT_OF_LINE = 'the entry does not start where the one before it ends';

/** Where the data starts, and where the entry ends; what is wrong as a sentence. */
function readLocal(
  view: DataView,
  entry: ZipEntry,
  directory: number,
): { start: number; end: number } | string {
  const { offset } = entry;
  if (offset + LOCAL_BYTES > directory) return 'its local header is cut off';
  if (view.getUint32(offset, true) !== LOCAL_SIGNATURE) return 'it has no local header';
  const nameBytes = view.getUint16(offset + 26, true);
  const extraBytes = view.getUint16(offset + 28, true);
  const start = offset + LOCAL_BYTES + nameBytes + extraBytes;
  const data = start + entry.compressed;
  if (data > directory) return 'its data reaches into the directory of the archive';
  const name = bytesOf(view, offset + LOCAL_BYTES, nameBytes);
  if (!sameBytes(name, entry.rawName)) return 'its two headers name different files';
  if (view.getUint16(offset + 6, true) !== entry.flags) return 'its two headers differ in flags';
  if (view.getUint16(offset + 8, true) !== entry.method) return 'its two headers differ in method';
  const extra = extraProblem(bytesOf(view, start - extraBytes, extraBytes));
  if (extra !== undefined) return extra;
  if ((entry.flags & HAS_DESCRIPTOR) === 0) {
    const same = sameSums(view, offset + 14, entry);
    return same ? { start, end: data } : 'its two headers differ in size or checksum';
  }
  const zero = [14, 18, 22].every((from) => view.getUint32(offset + from, true) === 0);
  if (!zero && !sameSums(view, offset + 14, entry)) {
    return 'its two headers differ in size or checksum';
  }
  const end = descriptorEnd(view, data, { entry, directory });
  return end === undefined ? 'what stands behind its data does not fit' : { start, end };
}

/** Bits of extra fields that change what an entry means: ZIP64 sizes, and a second name. */
const ZIP64_FIELD = 0x0001;
const UNICODE_PATH_FIELD = 0x7075;

/** What is wrong with extra fields, as a sentence. */
export function extraProblem(extra: Uint8Array): string | undefined {
  const view = viewOf(extra);
  let at = 0;
  while (at < extra.length) {
    if (at + 4 > extra.length) return 'its extra fields are cut off';
    const id = view.getUint16(at, true);
    if (id === ZIP64_FIELD) return 'it has sizes of the ZIP64 kind';
    if (id === UNICODE_PATH_FIELD) return 'it has a second name in its extra fields';
    at += 4 + view.getUint16(at + 2, true);
  }
  return at === extra.length ? undefined : 'its extra fields are cut off';
}

function sameSums(view: DataView, at: number, { crc, compressed, size }: ZipEntry): boolean {
  return (
    view.getUint32(at, true) === crc &&
    view.getUint32(at + 4, true) === compressed &&
    view.getUint32(at + 8, true) === size
  );
}

/** The end of the descriptor behind the data, with or without its signature. */
function descriptorEnd(
  view: DataView,
  at: number,
  { entry, directory }: { entry: ZipEntry; directory: number },
): number | undefined {
  const signed = at + 16 <= directory && view.getUint32(at, true) === DESCRIPTOR_SIGNATURE;
  if (signed && sameSums(view, at + 4, entry)) return at + 16;
  return at + 12 <= directory && sameSums(view, at, entry) ? at + 12 : undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf(view: DataView, from: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + from, length);
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
