import { inflateSync } from 'node:zlib';

/** A picture as far as tests look at it. */
export interface Picture {
  width: number;
  height: number;
  /** How many pixels have exactly this colour and are not transparent. */
  count(red: number, green: number, blue: number): number;
}

/** Reads a PNG of 8-bit RGBA; throws for anything else. Its pixels are read when they are asked for. */
export function decodePng(bytes: Uint8Array): Picture {
  const buffer = Buffer.from(bytes);
  if (buffer.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') throw new Error('it is no PNG');
  const [width, height] = [buffer.readUInt32BE(16), buffer.readUInt32BE(20)];
  if (buffer[24] !== 8 || buffer[25] !== 6) throw new Error('it is no 8-bit RGBA');
  const parts: Buffer[] = [];
  for (let at = 8; at < buffer.length; ) {
    const length = buffer.readUInt32BE(at);
    if (buffer.toString('latin1', at + 4, at + 8) === 'IDAT') {
      parts.push(buffer.subarray(at + 8, at + 8 + length));
    }
    at += length + 12;
  }
  let pixels: Uint8Array | undefined;
  const count = (red: number, green: number, blue: number): number => {
    pixels ??= unfilter(inflateSync(Buffer.concat(parts)), width * 4, height);
    let found = 0;
    for (let at = 0; at < pixels.length; at += 4) {
      if (pixels[at] !== red || pixels[at + 1] !== green || pixels[at + 2] !== blue) continue;
      if (pixels[at + 3] === 255) found += 1;
    }
    return found;
  };
  return { width, height, count };
}

function unfilter(raw: Uint8Array, stride: number, height: number): Uint8Array {
  const pixels = new Uint8Array(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)] ?? 0;
    for (let column = 0; column < stride; column++) {
      const at = row * stride + column;
      const left = column < 4 ? 0 : (pixels[at - 4] ?? 0);
      const up = row === 0 ? 0 : (pixels[at - stride] ?? 0);
      const corner = row === 0 || column < 4 ? 0 : (pixels[at - stride - 4] ?? 0);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      pixels[at] = (raw[row * (stride + 1) + 1 + column] ?? 0) + guess;
    }
  }
  return pixels;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
