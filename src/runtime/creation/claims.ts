import { sentName } from '../../base/tool-names.ts';
import type { RunEvent } from '../../events/event.ts';

/** A place that a draft has while it is checked. */
export interface Claim {
  /** The call of `tools.create`. */
  call: string;
  name: string;
  /** Whose quota it counts for; see `makerOf`. */
  maker: string;
  /** Those of its drafts: as it was given, and as it was repaired. */
  hashes: ReadonlySet<string>;
  /** Resolves when the log has the tool, or the place is free again. */
  settled: Promise<void>;
}

/** What a call wants to have. */
export interface Taking extends Pick<Claim, 'call' | 'name' | 'maker'> {
  /** That of its present draft. */
  hash: string;
}

interface Entry extends Claim {
  hashes: Set<string>;
  settle(): void;
}

/**
 * Names and places in quotas of drafts that are on their way, so that of many at once none passes a
 * limit beside another. A place is given back when the log tells of the tool, or of the end of the call.
 */
export class CreationClaims {
  readonly #byName = new Map<string, Entry>();
  /** Tools that a call is taking away, by name. */
  readonly #removing = new Map<string, string>();

  /** Takes a name and a place; the name must be free, or the call's own. */
  take({ hash, ...claim }: Taking): void {
    const key = sentName(claim.name);
    const own = this.#byName.get(key);
    if (own) {
      // Whoever waits for the draft as it was goes on waiting: it becomes the same tool.
      own.hashes.add(hash);
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const hashes = new Set([hash]);
    this.#byName.set(key, { ...claim, hashes, settled: promise, settle: resolve });
  }

  /** What is on its way under this name, or one that models cannot tell from it. */
  find(name: string): Claim | undefined {
    return this.#byName.get(sentName(name));
  }

  /** Places that are taken by other calls: of one maker, or of the run. */
  count(call: string, maker?: string): number {
    const others = [...this.#byName.values()].filter((one) => one.call !== call);
    return others.filter((one) => maker === undefined || one.maker === maker).length;
  }

  /** Whether the tool may be taken away: no other call does. */
  removes(name: string, call: string): boolean {
    const by = this.#removing.get(name);
    if (by !== undefined && by !== call) return false;
    this.#removing.set(name, call);
    return true;
  }

  /** Gives back what a call holds. */
  release(call: string): void {
    for (const [key, entry] of this.#byName) if (entry.call === call) this.#free(key, entry);
    for (const [name, by] of this.#removing) if (by === call) this.#removing.delete(name);
  }

  /** Gives back what the log has taken in. */
  see({ type, data }: RunEvent): void {
    if (type === 'tool.created' && data.call !== undefined) this.release(data.call);
    if (type === 'tool.removed' || type === 'tool.returned') this.release(data.call);
  }

  #free(key: string, entry: Entry): void {
    this.#byName.delete(key);
    entry.settle();
  }
}
