import type { Json, JsonObject } from '../../base/json.ts';
import { fileSafe } from '../../base/paths.ts';
import type { PlanGraph } from '../../events/plan-graph.ts';

/** Entries beyond those that have room which are named one by one. */
const MOST_NAMED = 100;
/** Shortest beginning of an entry that is worth showing, in characters. */
const LEAST_PREVIEW = 200;

/** A file with what a prompt has no room for. */
export interface ContextFile {
  /** Name without a folder, unique in its prompt. */
  name: string;
  text: string;
}

/** An entry as a prompt shows it. */
export interface ContextEntry {
  key: string;
  /** All of it, or its beginning. */
  text: string;
  /** Characters of all of it. */
  chars: number;
  /** Name of the file that has all of it, when `text` is only its beginning. */
  file?: string;
}

/** The earlier results of a prompt, within its budget. */
export interface ContextEntries {
  shown: readonly ContextEntry[];
  /** Entries of which only the file is named, and how many are not even named. */
  named: readonly { key: string; file: string; chars: number }[];
  more: number;
  files: readonly ContextFile[];
}

/**
 * What a prompt shows of earlier results (runtime 2.9): each has `max(totalChars / entries,
 * minPerEntry)` characters and all that are shown whole `totalChars` together. What does not fit goes
 * whole into a file and is shown by its first `previewChars`; beginnings, too, have `totalChars`
 * together. Maps and lists are indented JSON, texts stay as they are. Names of files are made from
 * keys, are no paths, and differ from each other and from `taken` whatever the file system makes of
 * capitals.
 */
export function contextEntries(
  values: JsonObject,
  { totalChars, minPerEntry, previewChars }: PlanGraph['context'],
  taken: readonly string[] = [],
): ContextEntries {
  const entries = Object.entries(values);
  const each = Math.max(Math.floor(totalChars / Math.max(1, entries.length)), minPerEntry);
  const names = new FileNames(taken);
  const made: Made = { shown: [], named: [], more: 0, files: [] };
  let [left, previews] = [totalChars, totalChars];
  for (const [key, value] of entries) {
    const text = textOf(value);
    const chars = text.length;
    if (chars <= each && chars <= left) {
      left -= chars;
      made.shown.push({ key, text, chars });
      continue;
    }
    const file = names.next(key, typeof value === 'string' ? 'txt' : 'json');
    made.files.push({ name: file, text });
    const room = Math.min(previewChars, previews, chars);
    if (room < Math.min(previewChars, LEAST_PREVIEW)) note(made, { key, file, chars });
    else {
      previews -= room;
      made.shown.push({ key, text: text.slice(0, room).toWellFormed(), chars, file });
    }
  }
  return made;
}

interface Made extends ContextEntries {
  shown: ContextEntry[];
  named: { key: string; file: string; chars: number }[];
  files: ContextFile[];
  more: number;
}

function note(made: Made, entry: Made['named'][number]): void {
  if (made.named.length < MOST_NAMED) made.named.push(entry);
  else made.more += 1;
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

class FileNames {
  readonly #taken: Set<string>;

  constructor(taken: readonly string[]) {
    this.#taken = new Set(taken.map((name) => name.toLowerCase()));
  }

  next(key: string, suffix: string): string {
    const stem = fileSafe(key);
    for (let count = 1; ; count++) {
      const name = `${stem}${count === 1 ? '' : `-${count}`}.${suffix}`;
      if (this.#taken.has(name.toLowerCase())) continue;
      this.#taken.add(name.toLowerCase());
      return name;
    }
  }
}
