import { fixedClock } from '../../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../../src/effects/network.ts';
import type { ModelProvider } from '../../../src/ports/model-provider.ts';
import { UNKNOWN } from '../../../src/providers/capabilities.ts';
import { careful } from '../../../src/providers/careful.ts';
import { type Answer, type FaultServer, startFaultServer } from '../../fault-server/server.ts';
import type { Wire, WireAnswer } from './wire.ts';

/** The key that every adapter is given. */
export const KEY = 'sk-conformance-0123456789';

/** An adapter in front of a server that speaks its API. */
export interface Subject {
  provider: ModelProvider;
  server: FaultServer;
  /** The questions alone. */
  questions(): FaultServer['requests'];
  close(): Promise<void>;
}

/** Starts both; `answers` are sent in order, the last one for ever. */
export async function subjectOf(wire: Wire, ...answers: WireAnswer[]): Promise<Subject> {
  let asked = 0;
  const server = await startFaultServer((request) => {
    const aside = wire.aside?.(request);
    if (aside) return send(aside);
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    if (!answer) throw new Error('there is no answer to send');
    return send(answer);
  });
  const secrets = { get: (name: string) => wire.variables?.[name] };
  const { origin } = new URL(server.url);
  const endpoint = {
    ...{ name: wire.name, baseUrl: `${origin}${wire.path}`, key: KEY, keyVariable: 'THE_KEY' },
  };
  const provider = wire.adapter(endpoint, {
    effects: { clock: fixedClock(), network: nodeNetwork(), secrets },
  });
  const capabilities = () => ({ ...UNKNOWN, structuredOutput: true });
  return {
    provider: careful(provider, { service: wire.name, capabilities }),
    server,
    questions: () => server.requests.filter((request) => wire.aside?.(request) === undefined),
    close: () => server.close(),
  };
}

function send({ status = 200, headers = {}, body }: WireAnswer): Answer {
  return ({ response }) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}
