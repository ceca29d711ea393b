import { sha256 } from '../base/hash.ts';
import { isObject, type Json } from '../base/json.ts';
import type { RunEvent } from '../events/event.ts';

/** Strings longer than this many UTF-16 units, inside an event's data, are kept as files. */
const BLOB_LENGTH = 16_384;

/** An event as the database keeps it. */
export interface EventRow {
  /** The event as JSON. Strings that are kept as files are empty in it. */
  text: string;
  /**
   * Which strings are kept as files, as JSON: `[hash, ...path]` each. It is a column of its own,
   * so nothing that an event holds can look like a reference.
   */
  blobs: string | null;
}

/** A string that was taken out of an event. */
export interface Blob {
  hash: string;
  content: string;
}

/** What the first event of a run is chained to. */
export function firstHash(run: string): string {
  return sha256(`run ${run}`);
}

/** The hash of a row: SHA-256 over the hash before, the number and all that the row holds. */
export function rowHash(previous: string, seq: number, { text, blobs }: EventRow): string {
  return sha256(`${previous}\n${seq}\n${blobs ?? ''}\n${text}`);
}

/** The row of an event that is given as JSON text, and the strings to be kept as files. */
export function toRow(text: string): { row: EventRow; blobs: Blob[] } {
  if (text.length <= BLOB_LENGTH) return { row: { text, blobs: null }, blobs: [] };
  const event = JSON.parse(text) as { data: Json };
  const blobs: Blob[] = [];
  const references: Json[][] = [];
  const visit = (value: Json | undefined, path: (string | number)[]): Json => {
    // UTF-8 cannot hold half a character: such a string stays where it is.
    if (typeof value === 'string' && value.length > BLOB_LENGTH && value.isWellFormed()) {
      const hash = sha256(value);
      blobs.push({ hash, content: value });
      references.push([hash, ...path]);
      return '';
    }
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) value[index] = visit(item, [...path, index]);
    } else if (isObject(value)) {
      // Also right for a key `__proto__`: JSON.parse made it the object's own.
      for (const key of Object.keys(value)) value[key] = visit(value[key], [...path, key]);
    }
    return value ?? null;
  };
  event.data = visit(event.data, []);
  if (blobs.length === 0) return { row: { text, blobs: null }, blobs };
  return { row: { text: JSON.stringify(event), blobs: JSON.stringify(references) }, blobs };
}

/** The event of a row; `load` gives the content of a file by its hash and throws when it is bad. */
export async function fromRow(
  { text, blobs }: EventRow,
  load: (hash: string) => Promise<string>,
): Promise<RunEvent> {
  const event = JSON.parse(text) as RunEvent;
  for (const [hash, ...path] of JSON.parse(blobs ?? '[]') as [string, ...(string | number)[]][]) {
    let place = event.data as unknown as Record<string | number, unknown>;
    for (const key of path.slice(0, -1)) place = place[key] as typeof place;
    place[path.at(-1) ?? ''] = await load(hash);
  }
  return event;
}
