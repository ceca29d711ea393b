import { createInterface } from 'node:readline';
import type { Lease, Store } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { note, notes } from '../contracts/store-events.ts';

/** A process with a store of its own, for tests. It is asked by lines on stdin; see `remote.ts`. */

const [folder = '', leaseMs = '10000'] = process.argv.slice(2);
const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const leases = new Map<string, Lease>();
const leaseOf = (run: string): Lease => leases.get(run) ?? { run, owner: 'nobody', epoch: 0 };
let store: Store;

/** Writes without end, alternating both kinds of durability, and says what was acknowledged. */
async function flood(run: string, from: number): Promise<never> {
  for (let seq = from; ; ) {
    const count = 1 + (seq % 4);
    await store.append(leaseOf(run), notes(run, seq, count), seq % 3 ? 'full' : 'batched');
    seq += count;
    say({ acknowledged: run, seq });
  }
}

const actions = new Map<string, (...args: never[]) => Promise<unknown>>([
  [
    'open',
    async () => {
      store = await openSqliteStore({ folder, leaseMs: Number(leaseMs) });
    },
  ],
  ['create', async (run: string) => void leases.set(run, await store.create(run, 'child'))],
  ['claim', async (run: string) => void leases.set(run, await store.claim(run, 'child'))],
  [
    'append',
    async (run: string, after: number, count: number) => {
      for (let seq = after; seq < after + count; seq++) {
        await store.append(leaseOf(run), [note(run, seq + 1)], seq % 2 ? 'full' : 'batched');
      }
    },
  ],
  [
    'fill',
    async (run: string) => {
      for (let seq = 1; ; seq++) {
        await store.append(leaseOf(run), [note(run, seq, 'x'.repeat(10_000))], 'full');
        say({ acknowledged: run, seq });
      }
    },
  ],
  [
    'follow',
    async (run: string, until: number) => {
      const seen: number[] = [];
      while (seen.length < until) {
        await store.changed(run, seen.length, new AbortController().signal);
        for (const { seq } of await store.read(run, seen.length)) seen.push(seq);
      }
      return seen;
    },
  ],
  ['read', async (run: string) => await store.read(run, 0, 100_000)],
  ['list', async () => await store.list()],
  ['flood', async (run: string, from: number) => await flood(run, from)],
  ['close', async () => await store.close()],
]);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { id, action, args } = JSON.parse(line) as { id: number; action: string; args: never[] };
  const run = actions.get(action);
  if (!run) throw new Error(`no action ${action}`);
  run(...args).then(
    (value) => say({ id, value }),
    (error: { code?: string; message: string }) =>
      say({ id, error: { code: error.code ?? 'none', message: error.message } }),
  );
});
