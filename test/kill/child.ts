/**
 * A process that runs, or takes up, a run and kills itself with SIGKILL just before or just after an
 * event is appended: `node child.ts STORY HOME ID start|resume SEQ before|after`. SEQ 0 never kills;
 * `+N` kills at the N-th append of this process. Says what it appended, and how the run ended.
 */
import { join } from 'node:path';
import { AgentWorkflow, resumeRun } from '../../src/data/agent-workflow.ts';
import { file } from '../../src/data/inputs.ts';
import type { RunHandle } from '../../src/data/run-handle.ts';
import type { Store } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';

const [story, home = '', id = '', mode, seq = '0', when] = process.argv.slice(2);
const fatal = Number(seq);
const countsAppends = seq.startsWith('+');
const inner = await openSqliteStore({ folder: home });
let appends = 0;

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
    appends += 1;
    const hit = countsAppends ? appends === fatal : events.some((event) => event.seq === fatal);
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

async function begin(): Promise<RunHandle<unknown>> {
  if (mode === 'resume') return resumeRun(id, { store });
  if (story === 'graph' || story === 'creation') {
    const { loadWorkflow } = await import('../../src/data/load-workflow.ts');
    const workflow = await loadWorkflow(join(home, '../flow'));
    return workflow.start({ runId: id, model: 'served', trust: true, store });
  }
  return new AgentWorkflow({
    ...(story === 'managers' && { policy: { planning: true }, approve: 'submanagers' }),
    task: 'Sum the parts',
    inputs: { data: file(join(home, '../data.csv')) },
    model: 'served',
    sandbox: { languages: ['javascript'] },
    store,
  }).start({ runId: id });
}

const handle = await begin();
const { status } = await handle.result;
await store.close();
process.stdout.write(`ended ${status}\n`);
