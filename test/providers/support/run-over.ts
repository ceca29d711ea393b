import type { BudgetOptions } from '../../../src/data/options.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import type { Handler } from '../../fault-server/server.ts';
import { logOf, startTestRun, temporaryFolder, testHost, testPlan } from '../../make.ts';
import { KEY, overServer, overTime } from './over-server.ts';

/** How a run over a fault server is to go. */
export interface RunOver {
  handler: Handler;
  /** Whether its answers come as streams. */
  stream?: boolean;
  /** Whether the service may fall silent for good; then also that time has to pass. */
  silent?: boolean;
  budget?: BudgetOptions;
}

/** What became of it. */
export interface RanOver {
  log: RunEvent[];
  requests: number;
  /** Tokens that the run was charged. */
  tokens: number;
}

/** Runs a task whose manager is behind a fault server, on a clock that moves only while the run waits. */
export async function runOver({ handler, stream, silent, budget }: RunOver): Promise<RanOver> {
  using folder = temporaryFolder();
  const { provider, server, clock, close } = await overServer(handler);
  try {
    const store = memoryStore({ folder: folder.path });
    const doors = { script: provider, store, effects: { clock }, secrets: [KEY] };
    const plan = testPlan({
      // More tokens than come in one piece while somebody waits for the first byte.
      maxOutputTokens: stream ? 8192 : 500,
      budget: { tokens: null, time: null, ...budget },
    });
    const run = await startTestRun(testHost(folder.path, doors), plan);
    let seen = 0;
    let last: RunEvent | undefined;
    const waits = async (): Promise<boolean> => {
      const page = await store.read('r-test', seen);
      seen += page.length;
      last = page.at(-1) ?? last;
      // A request that is out gets its time only if the service says nothing more.
      if (last?.type === 'model.asked') return silent === true && server.requests.length > 0;
      return last?.type === 'model.failed';
    };
    await overTime(run.done, { clock, waits });
    const { tokens } = run.state.ledger.used;
    return { log: await logOf(store), requests: server.requests.length, tokens };
  } finally {
    await close();
  }
}
