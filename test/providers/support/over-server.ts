import { setImmediate as turn } from 'node:timers/promises';
import { type FixedClock, fixedClock } from '../../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../../src/effects/network.ts';
import type { ModelError, ModelProvider, ModelRequest } from '../../../src/ports/model-provider.ts';
import type { CallLimits } from '../../../src/providers/call-guard.ts';
import { openAiCompatible } from '../../../src/providers/openai-compatible.ts';
import { collect, modelRequest } from '../../contracts/provider-contract.ts';
import { type FaultServer, type Handler, startFaultServer } from '../../fault-server/server.ts';

/** The key that providers of these tests send. */
export const KEY = 'sk-test/key+with=odd&signs-0123456789';

/** A provider that talks to a fault server, with a clock that only the test moves. */
export interface OverServer {
  provider: ModelProvider;
  server: FaultServer;
  clock: FixedClock;
  close(): Promise<void>;
}

/** Starts both. */
export async function overServer(
  handler: Handler,
  settings: {
    limits?: Partial<CallLimits>;
    variables?: Record<string, string>;
    clock?: FixedClock;
  } = {},
): Promise<OverServer> {
  const server = await startFaultServer(handler);
  const clock = settings.clock ?? fixedClock();
  const secrets = { get: (name: string) => settings.variables?.[name] };
  const provider = openAiCompatible(
    { name: 'acme', baseUrl: server.url, key: KEY, keyVariable: 'ACME_API_KEY' },
    {
      effects: { clock, network: nodeNetwork(), secrets },
      ...(settings.limits ? { limits: settings.limits } : {}),
    },
  );
  return { provider, server, clock, close: () => server.close() };
}

/** Asks once and gives the error; an answer is a failure of the test. */
export async function failureOf(
  handler: Handler,
  request: Partial<ModelRequest> = {},
  limits?: Partial<CallLimits>,
): Promise<ModelError> {
  const subject = await overServer(handler, limits ? { limits } : {});
  try {
    const chunks = await collect(subject.provider, modelRequest(request)).catch((error) => error);
    if (Array.isArray(chunks)) throw new Error(`it answered: ${JSON.stringify(chunks)}`);
    return chunks;
  } finally {
    await subject.close();
  }
}

/** Lets time pass until `work` is over, wherever `waits` says that nothing else can happen. */
export async function overTime<T>(
  work: Promise<T>,
  { clock, waits }: { clock: FixedClock; waits(): boolean | Promise<boolean> },
): Promise<T> {
  let over = false;
  const watched = work.finally(() => {
    over = true;
  });
  watched.catch(() => {});
  while (!over) {
    await turn();
    if (await waits()) clock.advance(1000);
  }
  return watched;
}

/** Lets the time of a fixed clock pass, a second a turn, until `work` is over. */
export function whileTimePasses<T>(clock: FixedClock, work: Promise<T>): Promise<T> {
  return overTime(work, { clock, waits: () => true });
}
