const [NEWLINE, RETURN, QUOTE] = [10, 13, 34];

/** A count of the records of a table's bytes. */
export interface RowCount {
  /** Records, the header included, empty lines not. */
  records: number;
  /** False when a quote was never closed, so that lines were counted instead. */
  regular: boolean;
}

/** How the bytes of a table are to be read. */
export interface ByteLayout {
  separator: string;
  encoding: string;
}

/**
 * Counts the records of a table without decoding it, by the rules of RFC 4180: a line end within
 * quotes belongs to its cell, and a quote counts only at the start of a cell.
 */
export function countRecords(bytes: Uint8Array, { separator, encoding }: ByteLayout): RowCount {
  const wide = encoding.startsWith('utf-16');
  const units = wide ? lowBytes(bytes, encoding === 'utf-16be') : bytes;
  const quoted = count(units, separator.charCodeAt(0));
  if (!quoted.open) return { records: quoted.records, regular: true };
  return { records: count(units, undefined).records, regular: false };
}

/** One byte for each unit of UTF-16; units that are not ASCII become zero. */
function lowBytes(bytes: Uint8Array, bigEndian: boolean): Uint8Array {
  const units = new Uint8Array(bytes.length >> 1);
  const [low, high] = bigEndian ? [1, 0] : [0, 1];
  for (let index = 0; index < units.length; index++) {
    units[index] = bytes[2 * index + high] === 0 ? (bytes[2 * index + low] ?? 0) : 0;
  }
  return units;
}

/** With no separator, quotes mean nothing. */
function count(
  units: Uint8Array,
  separator: number | undefined,
): { records: number; open: boolean } {
  let records = 0;
  let lineStart = true;
  let cellStart = true;
  for (let index = 0; index < units.length; index++) {
    const unit = units[index];
    if (unit === NEWLINE || unit === RETURN) {
      lineStart = true;
      cellStart = true;
      continue;
    }
    if (lineStart) records++;
    lineStart = false;
    if (cellStart && unit === QUOTE && separator !== undefined) {
      index = closingQuote(units, index);
      if (index < 0) return { records, open: true };
    }
    cellStart = unit === separator;
  }
  return { records, open: false };
}

/** Index of the quote that closes the one at `from`; a doubled one does not. -1 when none does. */
function closingQuote(units: Uint8Array, from: number): number {
  for (let index = from + 1; index < units.length; index++) {
    if (units[index] !== QUOTE) continue;
    if (units[index + 1] !== QUOTE) return index;
    index++;
  }
  return -1;
}
