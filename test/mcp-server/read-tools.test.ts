import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { oneFile, startTestServer, type TestServer, WORKFLOW, write } from './support.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

/** A run with `hello.txt`, and the place of that file. */
async function finishedRun(server: TestServer): Promise<{ run: string; file: string }> {
  const { facts } = await server.call('run_task', { task: 'Write a file' });
  const [artifact] = facts.artifacts as JsonObject[];
  return { run: String(facts.run), file: String(artifact?.file) };
}

describe('read_artifact', () => {
  it('reads a text, whole or in pieces', async () => {
    await using server = await startTestServer({ script: oneFile('0123456789') });
    const { run, file } = await finishedRun(server);
    const whole = await server.call('read_artifact', { run, path: 'hello.txt' });
    expect(whole.text).toBe('0123456789');
    expect(whole.facts).toEqual({
      ...{ run, path: 'hello.txt', type: 'text/plain', bytes: 10, file },
      ...{ uri: `awp://runs/${run}/artifacts/hello.txt`, text: '0123456789', chars: 10 },
    });
    const piece = await server.call('read_artifact', {
      run,
      path: 'hello.txt',
      offset: 2,
      limit: 3,
    });
    expect(piece.facts).toMatchObject({ text: '234', next_offset: 5 });
    expect(piece.text).toBe('234\n[characters 2 to 5 of 10; go on with offset 5]');
    const behind = await server.call('read_artifact', { run, path: 'hello.txt', offset: 99 });
    expect(behind.facts).toMatchObject({ text: '' });
    expect(behind.facts.next_offset).toBeUndefined();
  });

  it('shows an image, and names the place of other bytes', async () => {
    await using server = await startTestServer({ script: oneFile('hello') });
    const { run, file } = await finishedRun(server);
    writeFileSync(file, Buffer.from([0, 1, 2]));
    const bytes = await server.call('read_artifact', { run, path: 'hello.txt' });
    expect(bytes.text).toContain(`is no text. It is at ${file}`);
    expect(bytes.facts.text).toBeUndefined();
    await using pictures = await startTestServer({ script: oneFile('', 'dot.png') });
    const picture = await finishedRun(pictures);
    writeFileSync(picture.file, Buffer.from(PNG, 'base64'));
    const shown = await pictures.call('read_artifact', { run: picture.run, path: 'dot.png' });
    expect(shown.content[1]).toEqual({ type: 'image', data: PNG, mimeType: 'image/png' });
  });

  it.each<[string, JsonObject]>([
    ['a path that climbs', { path: '../../awp.db' }],
    ['a path with a dot', { path: './hello.txt' }],
    ['an absolute path', { path: '/etc/passwd' }],
    ['a file of the run that is no artifact', { path: '../inputs/x' }],
    ['a name of objects', { path: '__proto__' }],
  ])('%s finds nothing', async (_, where) => {
    await using server = await startTestServer();
    const { run } = await finishedRun(server);
    const { failed, text } = await server.call('read_artifact', { run, ...where });
    expect(failed).toBe(true);
    expect(text).toContain('error[source/unreachable]');
    expect(text).toContain('it has hello.txt');
  });

  it('sends neither what is too big, nor a link that took the place of a file', async () => {
    await using server = await startTestServer();
    const { run, file } = await finishedRun(server);
    writeFileSync(file, Buffer.alloc(10 * 1024 * 1024 + 1, 'x'));
    const big = await server.call('read_artifact', { run, path: 'hello.txt' });
    expect(big.text).toContain('error[source/too-big]');
    unlinkSync(file);
    symlinkSync('/etc/passwd', file);
    const link = await server.call('read_artifact', { run, path: 'hello.txt' });
    expect(link.text).toContain('error[source/unreachable]: the artifact hello.txt is not there');
  });
});

describe('resources', () => {
  it('list recent runs and the workflows, and the forms of addresses', async () => {
    await using server = await startTestServer({
      prepare: (folder) => {
        mkdirSync(join(folder, 'sales'));
        write(folder, 'sales/workflow.awp.yaml', WORKFLOW);
      },
    });
    const { run } = await finishedRun(server);
    const { resources } = await server.client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([
      `awp://runs/${run}`,
      'awp://workflows/sales_report',
    ]);
    const { resourceTemplates } = await server.client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'awp://runs/{id}',
      'awp://runs/{id}/events',
      'awp://runs/{id}/artifacts/{+path}',
      'awp://workflows/{name}',
    ]);
    const [manifest] = (await server.client.readResource({ uri: 'awp://workflows/sales_report' }))
      .contents;
    expect(manifest).toMatchObject({ mimeType: 'application/yaml', text: WORKFLOW });
  });

  it('are the result, the log and the files of a run', async () => {
    await using server = await startTestServer();
    const { run, file } = await finishedRun(server);
    const read = async (uri: string) => (await server.client.readResource({ uri })).contents[0];
    const result = await read(`awp://runs/${run}`);
    expect(result).toMatchObject({ mimeType: 'application/json' });
    const facts = JSON.parse(result && 'text' in result ? result.text : '');
    expect(facts).toMatchObject({
      status: 'complete',
      text: 'the file is there',
      artifacts: [file],
    });
    const log = await read(`awp://runs/${run}/events`);
    const lines = (log && 'text' in log ? log.text : '').trim().split('\n');
    const events = lines.map((line) => JSON.parse(line));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)).toMatchObject({ run, type: 'run.finished' });
    const text = await read(`awp://runs/${run}/artifacts/hello.txt`);
    expect(text).toMatchObject({ mimeType: 'text/plain', text: 'hello' });
    writeFileSync(file, Buffer.from([0, 255]));
    const blob = await read(`awp://runs/${run}/artifacts/hello.txt`);
    expect(blob).toMatchObject({ blob: 'AP8=' });
  });

  it.each([
    ['a run that is not there', 'awp://runs/r-none', 'store/not-found'],
    ['a log that is not there', 'awp://runs/r-none/events', 'store/not-found'],
    ['an artifact that is not there', 'awp://runs/RUN/artifacts/none', 'source/unreachable'],
    ['a path that climbs', 'awp://runs/RUN/artifacts/..%2f..%2fawp.db', 'source/unreachable'],
    ['a path with steps up', 'awp://runs/RUN/artifacts/../../../etc/passwd', 'error|not found'],
    ['a broken percent sign', 'awp://runs/RUN/artifacts/%zz', 'usage/bad-value'],
    ['a workflow that is not served', 'awp://workflows/none', 'spec/no-workflow'],
    ['another address', 'file:///etc/passwd', 'not found'],
    ['no address at all', 'nothing', 'invalid'],
  ])('%s is an error', async (_, address, words) => {
    await using server = await startTestServer();
    const { run } = await finishedRun(server);
    const uri = address.replace('RUN', run);
    await expect(server.client.readResource({ uri })).rejects.toThrow(new RegExp(words));
  });
});
