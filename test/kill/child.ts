/**
 * A process that runs, or takes up, a run and kills itself with SIGKILL just before or just after an
 * event is appended: `node child.ts HOME ID start|resume SEQ before|after`. SEQ 0 never kills.
 */
import { join } from 'node:path';
import { AgentWorkflow, resumeRun } from '../../src/data/agent-workflow.ts';
import { file } from '../../src/data/inputs.ts';
import type { Store } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';

const [home = '', id = '', mode, seq = '0', when] = process.argv.slice(2);
const fatal = Number(seq);
const inner = await openSqliteStore({ folder: home });

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;); // the signal ends the process before it returns to the event loop
}

const store: Store = {
  create: (run, owner) => inner.create(run, owner),
  claim: (run, owner) => inner.claim(run, owner),
  renew: (lease) => inner.renew(lease),
  release: (lease) => inner.release(lease),
  async append(lease, events, durability) {
    const hit = events.some((event) => event.seq === fatal);
    if (hit && when === 'before') die();
    await inner.append(lease, events, durability);
    process.stdout.write(`${events.map((event) => event.seq).join(' ')}\n`);
    if (hit && when === 'after') die();
  },
  read: (run, after, limit) => inner.read(run, after, limit),
  changed: (run, after, signal) => inner.changed(run, after, signal),
  list: (filter) => inner.list(filter),
  find: (prefix) => inner.find(prefix),
  folder: (run) => inner.folder(run),
  leaseMs: inner.leaseMs,
  close: () => inner.close(),
};

const handle =
  mode === 'resume'
    ? resumeRun(id, { store })
    : new AgentWorkflow({
        task: 'Sum the parts',
        inputs: { data: file(join(home, '../data.csv')) },
        model: 'served',
        sandbox: { languages: ['javascript'] },
        store,
      }).start({ runId: id });
const { status } = await handle.result;
await store.close();
process.stdout.write(`${status}\n`);
