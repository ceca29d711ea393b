import { suffixOf } from './paths.ts';

/** A generated file that is probably not what it should be. */
export interface FileWarning {
  path: string;
  /** `critical`: nothing to see; `error`: no data in it; `warning`: anything else. */
  severity: 'critical' | 'error' | 'warning';
  message: string;
}

type Check = (bytes: Uint8Array) => string | undefined;

/** Larger texts are taken as they are: reading them would cost more than the warning is worth. */
const MOST_TEXT = 16 * 1024 * 1024;
/** Smaller raster images, archives and tables show nothing (spec, capabilities 2.6). */
const LEAST_RASTER = 500;
const LEAST_PDF = 200;
const LEAST_MARKUP = 10;
const LEAST_ARCHIVE = 100;
const LEAST_PNG_SIDE = 10;

const PNG = '\x89PNG\r\n\x1a\n';
const ZIP = 'PK';

const CHECKS: ReadonlyMap<string, Check> = new Map([
  ['png', png],
  ...magic(['jpg', 'jpeg'], '\xff\xd8\xff', LEAST_RASTER),
  ...magic(['gif'], 'GIF8', LEAST_RASTER),
  ...magic(['bmp'], 'BM', LEAST_RASTER),
  ...magic(['webp'], 'RIFF', LEAST_RASTER),
  ...magic(['pdf'], '%PDF', LEAST_PDF),
  ...magic(['xlsx', 'docx', 'pptx', 'zip', 'npz'], ZIP, LEAST_ARCHIVE),
  ...magic(['parquet'], 'PAR1', LEAST_ARCHIVE),
  ...magic(['npy'], '\x93NUMPY', LEAST_ARCHIVE),
  ['svg', svg],
  ['html', html],
  ['htm', html],
  ['csv', table],
  ['tsv', table],
  ['json', json],
]);

const CRITICAL_WHEN_SMALL = new Set('png jpg jpeg gif bmp webp pdf svg'.split(' '));
const DATA_FILES = new Set('csv tsv json'.split(' '));

/**
 * What is wrong with a file that a program made, by the thresholds of spec/capabilities.md 2.6;
 * undefined when nothing is. Only its first bytes and small texts are looked at.
 */
export function fileWarning(path: string, bytes: Uint8Array): FileWarning | undefined {
  if (bytes.length === 0) return { path, severity: 'critical', message: 'the file is empty' };
  const suffix = suffixOf(path);
  const message = CHECKS.get(suffix)?.(bytes);
  if (message === undefined) return undefined;
  return { path, severity: severityOf(suffix, bytes), message };
}

/** Bytes of a raster image below which there is not even a header. */
const LEAST_HEADER = 24;

const BROKEN: ReadonlyMap<string, Check> = new Map([
  ['png', brokenPng],
  ...magic(['jpg', 'jpeg'], '\xff\xd8\xff', LEAST_HEADER),
  ...magic(['gif'], 'GIF8', LEAST_HEADER),
  ...magic(['bmp'], 'BM', LEAST_HEADER),
  ...magic(['webp'], 'RIFF', LEAST_HEADER),
  ...magic(['pdf'], '%PDF', LEAST_PDF),
  ...magic(['xlsx', 'docx', 'pptx', 'npz'], ZIP, LEAST_ARCHIVE),
  ...magic(['parquet'], 'PAR1', LEAST_HEADER),
  ...magic(['npy'], '\x93NUMPY', LEAST_HEADER),
  ['svg', svg],
  ['csv', table],
  ['tsv', table],
  ['json', jsonError],
]);
/** Files whose whole content must be seen to tell. */
const READ_WHOLE = new Set(['svg', 'csv', 'tsv', 'json']);
/** Empty files that mean something. */
const MAY_BE_EMPTY = /(?:^|\/)(?:\.[^/]+|__init__\.py|py\.typed)$/;

/**
 * Why a file is of no use to anybody; undefined when it may be of some. Stricter than a warning: a small
 * picture or an empty list can be right (spec, runtime 4.9). `bytes` may be the beginning of a file of
 * `size` bytes.
 */
export function brokenFile(path: string, bytes: Uint8Array, size: number): string | undefined {
  if (size === 0) return MAY_BE_EMPTY.test(path) ? undefined : 'the file is empty';
  const suffix = suffixOf(path);
  if (bytes.length < size && READ_WHOLE.has(suffix)) return undefined;
  return BROKEN.get(suffix)?.(bytes);
}

function brokenPng(bytes: Uint8Array): string | undefined {
  if (!startsWith(bytes, PNG)) return 'this is no png file';
  return bytes.length < LEAST_HEADER ? `only ${bytes.length} bytes` : pngSize(bytes);
}

function severityOf(suffix: string, bytes: Uint8Array): FileWarning['severity'] {
  if (CRITICAL_WHEN_SMALL.has(suffix)) return bytes.length < LEAST_RASTER ? 'critical' : 'warning';
  return DATA_FILES.has(suffix) ? 'error' : 'warning';
}

function magic(suffixes: string[], start: string, least: number): [string, Check][] {
  return suffixes.map((suffix) => [
    suffix,
    (bytes) => {
      if (!startsWith(bytes, start)) return `this is no ${suffix} file`;
      return bytes.length < least ? `only ${bytes.length} bytes` : undefined;
    },
  ]);
}

function png(bytes: Uint8Array): string | undefined {
  if (!startsWith(bytes, PNG)) return 'this is no png file';
  return bytes.length < LEAST_RASTER ? `only ${bytes.length} bytes` : pngSize(bytes);
}

function pngSize(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const tooSmall = Math.min(width, height) < LEAST_PNG_SIDE;
  return tooSmall ? `only ${width}x${height} pixels` : undefined;
}

function svg(bytes: Uint8Array): string | undefined {
  const text = textOf(bytes);
  if (text === undefined) return undefined;
  if (bytes.length < LEAST_MARKUP || !text.includes('<svg')) return 'there is no <svg> in it';
  // A chart that was computed from nothing is drawn all the same, with coordinates like these.
  return /["\s,(]NaN\b/.test(text) ? 'coordinates in it are NaN' : undefined;
}

function html(bytes: Uint8Array): string | undefined {
  const text = textOf(bytes);
  if (text === undefined) return undefined;
  return /<(?:html|body|div)[\s>]/i.test(text) ? undefined : 'there is no HTML in it';
}

function table(bytes: Uint8Array): string | undefined {
  const lines = textOf(bytes)?.split(/\r\n|\n|\r/);
  if (lines === undefined) return undefined;
  const rows = lines.filter((line) => /[^\s,;\t|"]/.test(line));
  return rows.length < 2 ? 'no row with data after the header' : undefined;
}

function json(bytes: Uint8Array): string | undefined {
  const text = textOf(bytes);
  if (text === undefined) return undefined;
  const error = jsonError(bytes);
  if (error !== undefined) return error;
  const value: unknown = JSON.parse(text);
  const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return empty || value === '' ? 'no data in it' : undefined;
}

function jsonError(bytes: Uint8Array): string | undefined {
  const text = textOf(bytes);
  if (text === undefined) return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `this is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function startsWith(bytes: Uint8Array, start: string): boolean {
  return [...start].every((character, index) => bytes[index] === character.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string | undefined {
  return bytes.length > MOST_TEXT ? undefined : new TextDecoder().decode(bytes);
}
