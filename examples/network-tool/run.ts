/**
 * Runs the workflow with answers that are written here, and with servers of its own in the place of
 * `gauge.example.org`: `node examples/network-tool/run.ts`. In your own project the imports are
 * `awp-agents` and `awp-agents/testing`.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadWorkflow } from '../../src/index.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/testing.ts';

/** What only the gauge and whoever may ask it know. */
const KEY = 'made-up-key-of-the-gauge';

/** A server on this machine that answers whoever has the key; its address without `http://`. */
async function serve(body: object): Promise<{ host: string; server: Server; asked(): number }> {
  let asked = 0;
  const server = createServer(({ headers }, response) => {
    asked += 1;
    if (headers.authorization !== `Bearer ${KEY}`) response.statusCode = 401;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, server, asked: () => asked };
}

const gauge = await serve({ readings: [1.2, 3.4, 2.5] });
const other = await serve({ readings: [99] });

/** A tool that fetches readings from one address. */
const draft = (name: string, host: string): ScriptedAnswer => ({
  toolCalls: [
    {
      name: 'tools.create',
      args: {
        name,
        description: 'The readings of the gauge, in metres.',
        parameters: {
          type: 'object',
          properties: { last: { type: 'integer', minimum: 1, default: 3 } },
        },
        language: 'javascript',
        required_secrets: ['GAUGE_KEY'],
        code: `export async function handler({ last = 3 }) {
  const response = await fetch('http://${host}/readings', {
    headers: { authorization: 'Bearer ' + _secrets.GAUGE_KEY },
  });
  if (!response.ok) return { ok: false, status: response.status, data: {}, error: await response.text() };
  const { readings } = await response.json();
  return { ok: true, status: 200, data: { readings: readings.slice(-last) } };
}`,
      },
    },
  ],
});
const use = (name: string): ScriptedAnswer => ({ toolCalls: [{ name, args: { last: 3 } }] });

const model = scriptedModel(({ headers, messages }) => {
  const heard = messages.at(-1)?.text ?? '';
  const said = messages.flatMap(({ role, text }) => (role === 'tool' ? [JSON.parse(text)] : []));
  if (headers['x-awp-agent'] === 'fetcher') {
    const steps = [
      draft('feeds.readings', gauge.host),
      use('feeds.readings'),
      draft('feeds.mirror', other.host),
      use('feeds.mirror'),
    ];
    const step = steps[said.length];
    if (step) return step;
    const [, good, , bad] = said;
    return { readings: good.data.readings, mirror: bad.status, confidence: 1 };
  }
  const [, readings] = /"readings": ?\[([\d., ]+)\]/.exec(heard) ?? [];
  if (readings !== undefined) {
    const summary = `The highest reading is ${Math.max(...readings.split(',').map(Number))} m.`;
    return { decision: 'complete', final_result: { summary }, confidence: 1 };
  }
  const instructions = 'Make a tool feeds.readings that fetches the readings, and use it.';
  const codemode = { enabled: true, tool_creation: true };
  return { decision: 'delegate', delegations: [{ worker_id: 'fetcher', instructions, codemode }] };
});

const workflow = await loadWorkflow(import.meta.dirname);
const run = workflow.start({
  model,
  // This program is its author's own; with `awp run` a person says so once: --trust.
  trust: true,
  onApproval: ({ tool }) => {
    console.log(`a person is asked about ${tool}`);
    return 'approve';
  },
  secrets: { GAUGE_KEY: { value: KEY, hosts: [gauge.host] } },
  dynamicTools: {
    dryRunMs: 20_000,
    timeoutMs: 30_000,
    namespaces: [
      { name: 'feeds', capabilities: ['network'], hosts: [gauge.host], secrets: ['GAUGE_KEY'] },
    ],
  },
});
let log = '';
for await (const { type, data } of run.events()) {
  log += JSON.stringify(data);
  if (type === 'tool.created') console.log(`made ${data.tool.name}`);
  if (type === 'tool.returned' && data.tool.startsWith('feeds.')) {
    console.log(`${data.tool}: ${data.status} ${JSON.stringify(data.ok ? data.data : data.error)}`);
  }
}
const { status, text, metadata } = await run.result;
console.log(`${status}: ${text}`);
console.log(`the gauge was asked ${gauge.asked()} times, the other server ${other.asked()} times`);
console.log(`the key is in the log: ${log.includes(KEY)}`);
console.log(`awp tools list ${metadata.runId}`);
gauge.server.close();
other.server.close();
