import { suffixOf } from '../base/paths.ts';

/** What is looked at to tell text from other files (spec, capabilities 1.5). */
const LOOKED_AT = 4096;
/** Share of unusual bytes from which a file that is not UTF-8 counts as binary (same source). */
const MOST_UNUSUAL = 0.3;

const BINARY_SUFFIXES = new Set(
  `png jpg jpeg gif bmp tif tiff webp ico pdf zip gz tar xz bz2 7z parquet arrow feather npy npz
   xlsx xls docx pptx sqlite db so dylib dll exe pyc wasm woff woff2 ttf otf mp3 mp4`.split(/\s+/),
);

/**
 * Whether a file is better not shown as text: by its suffix, or by its first 4,096 bytes. Valid
 * UTF-8 without a NUL is text in any script; so is UTF-16 with its mark.
 */
export function isBinary(path: string, bytes: Uint8Array): boolean {
  if (BINARY_SUFFIXES.has(suffixOf(path))) return true;
  const head = bytes.subarray(0, LOOKED_AT);
  if (utf16Mark(head)) return false;
  if (head.includes(0)) return true;
  if (isUtf8(head)) return false;
  return head.filter((byte) => byte > 127 || byte < 9).length > head.length * MOST_UNUSUAL;
}

/** Which UTF-16 a file says that it is, if it does. */
export function utf16Mark(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

/** Whether bytes are UTF-8, but for a character that the end cuts in two. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
