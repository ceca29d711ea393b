import { pathProblem } from '../base/paths.ts';

/** Folders within folders. */
const MOST_LEVELS = 32;
/** Names that Windows keeps for devices, whatever stands behind their first dot. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])(\.|$)/i;
/** Not in names on Windows; `:` would name a hidden stream of a file. */
const RESERVED = /[<>:"|?*]/;
/** Invisible characters, those that turn the direction of writing, and what is no character. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\uFFFD]/u;

/** Why a file may not have this name in a package, or undefined when it may (T06). */
export function nameProblem(path: string): string | undefined {
  const problem = pathProblem(path);
  if (problem !== undefined) return problem;
  const parts = path.split('/');
  if (parts.length > MOST_LEVELS) return `it lies more than ${MOST_LEVELS} folders deep`;
  if (UNSEEN.test(path)) return 'the name has characters that cannot be seen';
  if (RESERVED.test(path)) return 'the name has one of < > : " | ? *, which Windows cannot store';
  return first(parts, partProblem);
}

function partProblem(part: string): string | undefined {
  if (part === '' || part === '.') return 'the name has an empty part, or one that is only a dot';
  if (/[. ]$/.test(part)) return 'a name ends with a dot or a space, which Windows cuts off';
  return DEVICE.test(part) ? 'Windows keeps this name for a device' : undefined;
}

function first<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One name as it was given, and what has it. */
interface Taken {
  name: string;
  kind: 'file' | 'folder';
  /** Whether an entry of its own stands for it, and not only what lies below. */
  own: boolean;
}

/** Finds names that are one and the same on some machine: by case, by coding, by kind. */
export class TakenNames {
  readonly #taken = new Map<string, Taken>();

  /** Takes a name; returns the earlier one that it cannot stand beside, if there is one. */
  take(path: string, kind: 'file' | 'folder'): string | undefined {
    const parts = path.split('/');
    for (let length = 1; length <= parts.length; length++) {
      const own = length === parts.length;
      const name = parts.slice(0, length).join('/');
      const clash = this.#takeOne({ name, kind: own ? kind : 'folder', own });
      if (clash !== undefined) return clash;
    }
    return undefined;
  }

  #takeOne(one: Taken): string | undefined {
    const key = folded(one.name);
    const earlier = this.#taken.get(key);
    if (earlier === undefined) {
      this.#taken.set(key, one);
      return undefined;
    }
    const same = earlier.name === one.name && earlier.kind === one.kind;
    if (!same || (earlier.own && one.own)) return earlier.name;
    earlier.own ||= one.own;
    return undefined;
  }
}

/** One spelling for all that some file system takes for the same name. */
function folded(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}
