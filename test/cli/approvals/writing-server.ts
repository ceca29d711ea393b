import { say, type WireCall } from '../../fault-server/answers.ts';
import { type FaultServer, type Handler, startFaultServer } from '../../fault-server/server.ts';

/** A model whose manager starts one worker, which wants to write one file after the other. */
export interface WritingServer extends FaultServer {
  /** What workers were told of their calls. */
  told(): string[];
}

/** Starts it; `files` are the names of the files, each with a text of `chars` characters. */
export async function startWritingServer(
  files: readonly string[],
  chars = 10,
): Promise<WritingServer> {
  const told: string[] = [];
  const calls = files.map(
    (name): WireCall => ({
      name: 'file__write',
      arguments: { path: `output/${name}`, content: `${name}: ${'x'.repeat(chars)}` },
    }),
  );
  const handler: Handler = ({ body }) => {
    const [system] = body.messages;
    const results = body.messages.filter(({ role }) => role === 'tool');
    if (system?.content?.startsWith('You are the manager')) {
      const delegate = { worker_id: 'writer', instructions: 'write' };
      return JSON.stringify(
        body.messages.length === 2 && !JSON.stringify(body).includes('writer')
          ? { decision: 'delegate', delegations: [delegate] }
          : { decision: 'complete', result: { summary: 'all is done' }, confidence: 0.9 },
      );
    }
    told.splice(0, told.length, ...results.map(({ content }) => String(content)));
    const next = calls[results.length];
    return next ? say({ toolCalls: [next] }) : JSON.stringify({ result: 'ok', confidence: 0.9 });
  };
  return { ...(await startFaultServer(handler)), told: () => told };
}
