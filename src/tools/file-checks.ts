import { suffixOf } from './binary.ts';

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
  if (bytes.length < LEAST_RASTER) return `only ${bytes.length} bytes`;
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
  try {
    const value: unknown = JSON.parse(text);
    const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
    return empty || value === '' ? 'no data in it' : undefined;
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
