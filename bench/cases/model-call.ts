/**
 * What a call of a model costs the client, with a service on loopback in a process of its own.
 * Parts: `whole` and `stream` are processor time per call, one after the other, beside plain fetch
 * of the same answer; `thousand` is a thousand calls at once to a service that takes 50 ms.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { nodeEffects } from '../../src/effects/index.ts';
import type { ModelProvider, ModelRequest } from '../../src/ports/model-provider.ts';
import { openAiCompatible } from '../../src/providers/openai-compatible.ts';
import { median } from '../table.ts';
import { collect, cpuMs, report } from '../world.ts';

const CALLS = 300;
/** The client's code is compiled by then. */
const WARM_UPS = 4;
const ROUNDS = WARM_UPS + 7;
const AT_ONCE = 1000;
const [part = 'whole'] = process.argv.slice(2);
/** How often the delay is looked at, in milliseconds; it is taken off what was seen. */
const RESOLUTION = 5;

const child = spawn(
  process.execPath,
  [join(import.meta.dirname, '../model-server.ts'), part === 'thousand' ? '50' : '0'],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const [line] = await once(child.stdout, 'data');
const url = String(line).trim();
const provider = openAiCompatible(
  { name: 'loopback', baseUrl: url, key: 'sk-0123456789', keyVariable: 'LLM_API_KEY' },
  { effects: nodeEffects() },
);

const SYSTEM = 'You do what you are told, and say what came of it. '.repeat(20);
const USER = 'Which month had the highest revenue, and by how much? '.repeat(10);

function request(stream: boolean): ModelRequest {
  return {
    model: 'm',
    messages: [
      { role: 'system', text: SYSTEM },
      { role: 'user', text: USER },
    ],
    tools: [],
    toolChoice: 'auto',
    temperature: 0.2,
    maxOutputTokens: 500,
    headers: { 'x-awp-run-id': 'r', 'x-awp-role': 'worker', 'x-awp-agent': 'a' },
    timeoutMs: 60_000,
    stream,
  };
}

async function ask(from: ModelProvider, stream: boolean): Promise<void> {
  let text = '';
  for await (const chunk of from.ask(request(stream), new AbortController().signal)) {
    if (chunk.type === 'end') text = chunk.text;
  }
  if (text.length !== 1600) throw new Error(`an answer of ${text.length} characters`);
}

async function fetchPlain(stream: boolean): Promise<void> {
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-0123456789' },
    body: JSON.stringify({
      model: 'm',
      max_tokens: 500,
      temperature: 0.2,
      messages: [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: USER },
      ],
      ...(stream && { stream, stream_options: { include_usage: true } }),
    }),
  });
  if (stream) await response.text();
  else await response.json();
}

async function cpuPer(call: () => Promise<void>): Promise<number> {
  const start = cpuMs();
  for (let count = 0; count < CALLS; count++) await call();
  return (cpuMs() - start) / CALLS;
}

/** Both in turns, so that what else the machine does meets both. */
async function perCall(stream: boolean): Promise<void> {
  const ours: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    plain.push(await cpuPer(() => fetchPlain(stream)));
    collect();
    ours.push(await cpuPer(() => ask(provider, stream)));
  }
  report([
    {
      name: stream ? 'model call, streamed in 100 pieces' : 'model call, in one piece',
      value: median(ours.slice(WARM_UPS)),
      unit: 'ms CPU',
      floor: { name: 'plain fetch', value: median(plain.slice(WARM_UPS)) },
      ...(stream
        ? { aim: { timesFloor: 2 } }
        : { recorded: 'AI SDK 1.18, OpenAI Agents 1.84', aim: { timesFloor: 1 } }),
    },
  ]);
}

interface Spent {
  wall: number;
  delay: number;
  memory: number;
}

async function spentBy(call: () => Promise<void>): Promise<Spent> {
  collect();
  const { rss } = process.memoryUsage();
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  const start = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, call));
  const wall = performance.now() - start;
  histogram.disable();
  return {
    wall,
    delay: Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION),
    memory: (process.memoryUsage().rss - rss) / 1e6,
  };
}

async function thousand(): Promise<void> {
  await ask(provider, false);
  const ours = await spentBy(() => ask(provider, false));
  const plain = await spentBy(() => fetchPlain(false));
  report([
    {
      name: '1,000 model calls at once, 50 ms service: wall',
      value: ours.wall,
      unit: 'ms',
      floor: { name: 'plain fetch', value: plain.wall },
      recorded: 'openai 2,500, AI SDK 6,600',
    },
    {
      name: '1,000 model calls at once: event-loop delay, p99',
      value: ours.delay,
      unit: 'ms',
      floor: { name: 'plain fetch', value: plain.delay },
      recorded: 'openai up to 1,200, AI SDK up to 2,800',
      aim: { atMost: 50 },
    },
    {
      name: '1,000 model calls at once: growth of resident memory',
      value: ours.memory,
      unit: 'MB',
      recorded: 'AI SDK 214',
    },
  ]);
}

if (part === 'thousand') await thousand();
else await perCall(part === 'stream');
child.stdin.end();
