import { appendFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { ModelProvider } from '../../src/ports/model-provider.ts';
import { openAiCompatible } from '../../src/providers/openai-compatible.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import {
  type CallTrace,
  ModelTrace,
  readTrace,
  tracedCalls,
} from '../../src/runtime/model-trace.ts';
import { makeRedact } from '../../src/runtime/redact.ts';
import { RunFiles } from '../../src/runtime/tools/artifacts.ts';
import { tapped } from '../../src/runtime/wire-tap.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';
import { apiError, say } from '../fault-server/answers.ts';
import { type Handler, startFaultServer } from '../fault-server/server.ts';
import { complete, delegate, temporaryFolder } from '../make.ts';

const SECRET = 'odd/secret+value=17';
const { files, clock, network, secrets } = nodeEffects();

function traceIn(folder: string): ModelTrace {
  const runFiles = new RunFiles(files, folder);
  return new ModelTrace({ files, clock, folder, runFiles, redact: makeRedact([SECRET]) });
}

function watched(folder: string, provider: ModelProvider, attempt = 1): ModelProvider {
  return traceIn(folder).watch(provider, { call: '2.1/3', attempt, agent: '2.1', model: 'acme/x' });
}

/** Everything that was written, as one text. */
function written(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

/** A model behind a server, one traced question, and what the trace has of it. */
async function tracedOver(
  handler: Handler,
  { stream, messages = [] }: { stream: boolean; messages?: { role: 'user'; text: string }[] },
  check: (traces: CallTrace[], folder: string) => void,
): Promise<void> {
  using folder = temporaryFolder();
  const server = await startFaultServer(handler);
  const endpoint = { name: 'acme', baseUrl: server.url, key: SECRET, keyVariable: 'ACME_KEY' };
  const heard = tapped(network);
  const provider = openAiCompatible(endpoint, {
    effects: { clock, network: heard, secrets },
  } as never);
  const asked = messages.length > 0 ? { messages } : {};
  await collect(watched(folder.path, provider), modelRequest({ stream, ...asked })).catch(() => {});
  await server.close();
  check(await readTrace(files, folder.path, '2.1/3'), folder.path);
}

describe('the trace of a model call', () => {
  it.each([true, false])('has what was asked, answered and sent (stream: %s)', (stream) =>
    tracedOver(
      () => say({ text: 'It is March.' }),
      { stream },
      ([trace]) => {
        expect(trace).toMatchObject({ call: '2.1/3', attempt: 1, outcome: 'answered' });
        expect(JSON.parse(trace?.request ?? '')).toMatchObject({
          model: 'some-model',
          messages: [{ role: 'user', text: 'What is the peak month?' }],
        });
        expect(JSON.parse(trace?.answer ?? '')).toMatchObject({ text: 'It is March.' });
        const [exchange] = trace?.exchanges ?? [];
        expect(exchange).toMatchObject({ status: 200, url: expect.stringMatching(/completions$/) });
        expect(exchange?.body).toContain(stream ? 'data: ' : '"It is March."');
        expect(trace?.ms).toBeGreaterThanOrEqual(trace?.firstMs ?? Number.NaN);
      },
    ),
  );

  it('has what a service answered in place of an answer', () =>
    tracedOver(
      () => apiError(429, 'slow down', { 'retry-after': '5' }),
      { stream: false },
      ([trace]) => {
        expect(trace).toMatchObject({
          outcome: 'failed',
          exchanges: [
            {
              status: 429,
              headers: { 'retry-after': '5' },
              body: expect.stringContaining('slow down'),
            },
          ],
        });
        expect(trace?.answer).toBeUndefined();
      },
    ));

  it.each([
    ['whole', { text: `the key is ${SECRET}.` }, false],
    ['in the pieces of a stream', { text: `the key is ${SECRET}.`, pieceLength: 3 }, true],
    [
      'in the pieces of arguments',
      { toolCalls: [{ id: 'c', name: 'a', arguments: { key: SECRET } }], pieceLength: 3 },
      true,
    ],
  ])('has no secret that came %s', (_, answer, stream) =>
    tracedOver(
      () => say(answer),
      { stream, messages: [{ role: 'user', text: `is it ${SECRET}?` }] },
      ([trace], folder) => {
        expect(written(folder)).not.toContain(SECRET);
        expect(trace?.outcome).toBe('answered');
        const [exchange] = trace?.exchanges ?? [];
        // Nothing of a stream is kept when the secret is spread over it.
        const together = (exchange?.body ?? '')
          .split('\n')
          .map((line) => /"(?:content|arguments)":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? '')
          .join('');
        expect(together).not.toContain(SECRET);
        expect(exchange?.leftOut === undefined).toBe(!stream);
      },
    ),
  );

  it('tells of a call that is out, and of one that a crash cut off', async () => {
    using folder = temporaryFolder();
    const never = watched(
      folder.path,
      scriptedModel(() => new Promise(() => {})),
    );
    const stop = new AbortController();
    const asking = collect(never, modelRequest(), stop.signal);
    while ((await tracedCalls(files, folder.path)).size === 0) await new Promise(setImmediate);
    const [out] = await readTrace(files, folder.path, '2.1/3');
    expect(out?.outcome).toBeUndefined();
    expect(out?.request).toContain('What is the peak month?');
    stop.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
    expect(await readTrace(files, folder.path, '2.1/3')).toMatchObject([{ outcome: 'aborted' }]);
    appendFileSync(join(folder.path, 'calls.ndjson'), '{"call":"2.1/3","attem');
    expect(await readTrace(files, folder.path, '2.1/3')).toHaveLength(1);
  });

  it('has each attempt by itself, and is private', async () => {
    using folder = temporaryFolder();
    for (const attempt of [1, 2]) {
      const model = watched(folder.path, scriptedModel([`answer ${attempt}`]), attempt);
      await collect(model, modelRequest());
    }
    const traces = await readTrace(files, folder.path, '2.1/3');
    expect(traces.map(({ answer }) => JSON.parse(answer ?? '').text)).toEqual([
      'answer 1',
      'answer 2',
    ]);
    expect([...(await tracedCalls(files, folder.path))]).toEqual(['2.1/3#1', '2.1/3#2']);
    expect(statSync(join(folder.path, 'calls.ndjson')).mode & 0o777).toBe(0o600);
  });

  it('keeps at most 8 MB of a text', async () => {
    using folder = temporaryFolder();
    const long = 'x'.repeat(9 * 1024 * 1024);
    await collect(watched(folder.path, scriptedModel([long])), modelRequest());
    const [trace] = await readTrace(files, folder.path, '2.1/3');
    expect(trace?.answer).toHaveLength(8 * 1024 * 1024);
    expect(readFileSync(join(folder.path, 'calls.ndjson'), 'utf8')).toContain('"kept":8388608');
  });

  it('is none unless it was asked for', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, '.awp');
    const script = [delegate('a'), { summary: 'did it' }, complete('done')];
    const runs: string[] = [];
    for (const traceModels of [false, true]) {
      const model = scriptedModel(script);
      const options = { task: 'x', tools: ['arithmetic.*'], model, home, traceModels };
      const { metadata } = await new AgentWorkflow(options).run();
      runs.push(join(home, 'runs', metadata.runId));
    }
    const [without = '', traced = ''] = runs;
    expect(await tracedCalls(files, without)).toEqual(new Set());
    expect(readdirSync(without)).not.toContain('calls.ndjson');
    expect([...(await tracedCalls(files, traced))]).toEqual(['0/1#1', '1.1/1#1', '0/2#1']);
  });
});
