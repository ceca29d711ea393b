import { crc32, deflateRawSync } from 'node:zlib';

/** An entry as a test wants it: everything that is left out is as it should be. */
export interface TestEntry {
  name: string | Uint8Array;
  data?: string | Uint8Array;
  /** Method that is written; 8 deflates. */
  method?: number;
  /** Fields of both headers. */
  flags?: number;
  crc?: number;
  compressed?: number;
  size?: number;
  extra?: Uint8Array;
  /** Fields of the local header alone. */
  local?: Partial<
    Pick<TestEntry, 'name' | 'flags' | 'method' | 'crc' | 'compressed' | 'size' | 'extra'>
  >;
  attributes?: number;
  madeBy?: number;
  /** Bytes that stand behind the data. */
  behind?: Uint8Array;
  /** Offset in the central directory. */
  offset?: number;
}

export interface TestArchive {
  before?: Uint8Array;
  behind?: Uint8Array;
  /** Between the last entry and the central directory. */
  gap?: Uint8Array;
  comment?: string;
  end?: { disk?: number; here?: number; entries?: number; size?: number; directory?: number };
}

/** Writes an archive, with every lie that is asked for. */
export function writeTestZip(entries: readonly TestEntry[], archive: TestArchive = {}): Uint8Array {
  const parts: Uint8Array[] = [archive.before ?? new Uint8Array()];
  let at = parts[0]!.length;
  const central: Uint8Array[] = [];
  for (const entry of entries) {
    const data = bytes(entry.data ?? '');
    const method = entry.method ?? 0;
    const stored = method === 8 ? new Uint8Array(deflateRawSync(data)) : data;
    const both = {
      name: entry.name,
      flags: entry.flags ?? 0,
      method,
      crc: entry.crc ?? crc32(data),
      compressed: entry.compressed ?? stored.length,
      size: entry.size ?? data.length,
      extra: entry.extra ?? new Uint8Array(),
    };
    const local = { ...both, ...entry.local };
    const localName = bytes(local.name);
    const header = new DataView(new ArrayBuffer(30));
    header.setUint32(0, 0x04034b50, true);
    header.setUint16(4, 20, true);
    fields(header, 6, local);
    header.setUint16(26, localName.length, true);
    header.setUint16(28, local.extra.length, true);
    const name = bytes(entry.name);
    const record = new DataView(new ArrayBuffer(46));
    record.setUint32(0, 0x02014b50, true);
    record.setUint16(4, entry.madeBy ?? 0x0314, true);
    record.setUint16(6, 20, true);
    fields(record, 8, both);
    record.setUint16(28, name.length, true);
    record.setUint16(30, both.extra.length, true);
    record.setUint32(38, (entry.attributes ?? 0o100644 * 0x10000) >>> 0, true);
    record.setUint32(42, entry.offset ?? at, true);
    central.push(raw(record), name, both.extra);
    const written = [raw(header), localName, local.extra, stored, entry.behind ?? new Uint8Array()];
    parts.push(...written);
    at += written.reduce((sum, part) => sum + part.length, 0);
  }
  parts.push(archive.gap ?? new Uint8Array());
  at += archive.gap?.length ?? 0;
  const size = central.reduce((sum, part) => sum + part.length, 0);
  const comment = bytes(archive.comment ?? '');
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(4, archive.end?.disk ?? 0, true);
  end.setUint16(8, archive.end?.here ?? archive.end?.entries ?? entries.length, true);
  end.setUint16(10, archive.end?.entries ?? entries.length, true);
  end.setUint32(12, archive.end?.size ?? size, true);
  end.setUint32(16, archive.end?.directory ?? at, true);
  end.setUint16(20, comment.length, true);
  return new Uint8Array(
    Buffer.concat([...parts, ...central, raw(end), comment, archive.behind ?? new Uint8Array()]),
  );
}

function fields(
  view: DataView,
  at: number,
  of: { flags?: number; method?: number; crc?: number; compressed?: number; size?: number },
): void {
  view.setUint16(at, of.flags ?? 0, true);
  view.setUint16(at + 2, of.method ?? 0, true);
  view.setUint32(at + 8, of.crc ?? 0, true);
  view.setUint32(at + 12, of.compressed ?? 0, true);
  view.setUint32(at + 16, of.size ?? 0, true);
}

/** Text as UTF-8. */
export function bytes(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? new TextEncoder().encode(text) : text;
}

/** Little-endian words as bytes; each is [value, number of bytes]. */
export function words(...parts: readonly [number, 2 | 4][]): Uint8Array {
  return new Uint8Array(
    parts.flatMap(([value, length]) =>
      Array.from({ length }, (_, index) => Math.floor(value / 256 ** index) % 256),
    ),
  );
}

function raw(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}
