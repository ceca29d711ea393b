/** Size of a picture, in pixels. */
export interface PictureSize {
  width: number;
  height: number;
}

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The size that the head of a PNG names; undefined for what is none. */
export function pngSize(bytes: Uint8Array): PictureSize | undefined {
  if (bytes.length < 24 || PNG.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** Characters in which an SVG must have begun and told its size. */
const HEAD_CHARS = 4096;

/** The size that an SVG names in its first tag; undefined for what is none. */
export function svgSize(bytes: Uint8Array): PictureSize | undefined {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_CHARS));
  const tag = /<svg\b[^>]*>/.exec(head)?.[0] ?? '';
  const width = Number(/\swidth="([\d.]+)"/.exec(tag)?.[1]);
  const height = Number(/\sheight="([\d.]+)"/.exec(tag)?.[1]);
  return Number.isFinite(width) && Number.isFinite(height) ? { width, height } : undefined;
}
