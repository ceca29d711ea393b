import { join } from 'node:path';
import { nodeFiles } from '../../../src/effects/files.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { openSqliteStore } from '../../../src/stores/sqlite-store.ts';
import { draftOf, type Making, makingHost, makingPlan } from './makers.ts';

/** A process that makes a tool and is killed when it would write its file; or one that takes that up. */
const [folder = '', what] = process.argv.slice(2);
const files = nodeFiles();
const making: Making = {
  rounds: { one: [[['tools.create', draftOf('stats.a')]]] },
  creation: { persist: true },
};
const store = await openSqliteStore({ folder: join(folder, '.awp') });
const write: typeof files.write = async (path, data) => {
  if (what === 'die' && path.includes('/tools/')) process.kill(process.pid, 'SIGKILL');
  await files.write(path, data);
};
const host = makingHost(folder, {
  ...making,
  host: { store, effects: { files: { ...files, write } } },
});
const there = { ...host, toolsFolder: join(folder, '.awp/tools') };
const plan = makingPlan(making);
const run =
  what === 'die'
    ? await startRun(there, { id: 'r-test', plan, inputs: [] })
    : await resumeRun(there, { id: 'r-test' });
await run.done;
await store.close();
process.stdout.write(run.state.status);
