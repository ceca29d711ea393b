import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { SandboxPolicy } from '../../src/events/plan.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { BoxTools, Sandbox } from '../../src/ports/sandbox.ts';
import { denoProvider } from '../../src/sandboxes/deno/provider.ts';
import { makeKit } from '../../src/sandboxes/make-kit.ts';
import { selfTest } from '../../src/sandboxes/self-test.ts';
import {
  benignContract,
  boxOrReason,
  describeBox,
  leftFolders,
  POLICY,
  runIn,
} from '../contracts/sandbox-contract.ts';
import { openDeno } from './deno-box.ts';

const box = await boxOrReason(() => openDeno());

/** Tools that say what they were called with, and one that fails. */
const TOOLS: BoxTools = {
  names: ['echo.say', 'echo.fail'],
  call: async (name, args) =>
    name === 'echo.say'
      ? { ok: true, status: 200, data: args }
      : name === 'echo.fail'
        ? { ok: false, status: 418, data: {}, error: 'it is a teapot' }
        : { ok: false, status: 404, data: {}, error: 'there is no such tool' },
};

describeBox('deno', box, (opened) => {
  benignContract(opened);
  describe('programs', () => programs(opened));
  describe('limits', () => limits(opened));
});

function programs(opened: Sandbox): void {
  const run = (code: string, more = {}) => runIn(opened, { language: 'javascript', code, ...more });

  it('call tools of the host, waiting in both ways', async () => {
    const code = `
console.log(tools.list().join());
const many = await Promise.all([1, 2, 3].map((n) => tools.call('echo.say', { n })));
console.log(JSON.stringify([many, tools.callSync('echo.say', { text: 'ü'.repeat(100000) }).text.length]));
for (const call of [() => tools.call('echo.fail'), async () => tools.callSync('echo.fail', {})]) {
  await call().catch((error) => console.log(error instanceof ToolError, error.status, error.message));
}
await tools.call('not.there').catch((error) => console.log(error.status));`;
    const done = await run(code, { tools: TOOLS });
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(done.stdout.split('\n')).toEqual([
      'echo.fail,echo.say',
      '[[{"n":1},{"n":2},{"n":3}],100000]',
      'true 418 it is a teapot (status 418)',
      'true 418 it is a teapot (status 418)',
      '404',
      '',
    ]);
  });

  it('get their arguments, their standard input and the tokens of secrets', async () => {
    const code = `
import { readFileSync } from 'node:fs';
console.log(JSON.stringify([process.argv.slice(2), readFileSync(0, 'utf8'), _secrets]));`;
    const secrets = { names: ['KEY'], valueFor: () => 'never shown' };
    const done = await run(code, { args: ['a', 'b c'], stdin: Buffer.from('in\nü'), secrets });
    expect(JSON.parse(done.stdout)).toEqual([['a', 'b c'], 'in\nü', { KEY: 'secret://KEY' }]);
  });

  it.each([
    [
      'an error that comes later',
      'setTimeout(() => {\n  null.x;\n}, 1);',
      /^program\.mjs:2\n {2}null\.x;/,
    ],
    [
      'a rejection that nobody hears',
      'Promise.reject(new Error("lost"));',
      /Error: lost\n {4}at program\.mjs:1:16/,
    ],
    ['something that is no error', 'throw { a: 1 };', /^Uncaught \{ a: 1 \}/],
    ['a cause', 'throw new Error("b", { cause: new Error("a") });', /Error: b[\s\S]*Error: a/],
    [
      'a package that is not there',
      "import 'no-such-package';",
      /Cannot find package 'no-such-package' imported from program\.mjs/,
    ],
    [
      'a file that it may not read',
      "Deno.readTextFileSync('/etc/passwd');",
      /NotCapable: Requires read access to "\/etc\/passwd": this box does not give it/,
    ],
    [
      'a host when it has no network',
      "await fetch('http://127.0.0.1/');",
      /TypeError: this box has no network: http:\/\/127\.0\.0\.1\//,
    ],
  ])('are told about %s', async (_, code, report) => {
    const done = await run(code);
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toMatch(report);
    expect(done.stderr).not.toMatch(/blob:|entry\.mjs|ext:|ERR_MODULE/);
  });

  it('are told where they wait for ever', async () => {
    const done = await run('await 0;\nawait new Promise(() => {});');
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toMatch(/await promise never resolved[\s\S]*program\.mjs:2:/);
    expect(done.stderr).not.toMatch(/blob:|entry\.mjs/);
  });

  it('keep handlers of their own for errors that nobody catches', async () => {
    const code =
      "process.on('uncaughtException', (e) => console.log('heard', e.message)); setTimeout(() => { throw new Error('x'); });";
    expect(await run(code)).toMatchObject({ exitCode: 0, stdout: 'heard x\n', stderr: '' });
  });

  it('use enums and other TypeScript that is more than types', async () => {
    const code = 'enum A { B = 2 }\nconst f = (a: A): string => String(a);\nconsole.log(f(A.B));';
    const done = await runIn(opened, { language: 'typescript', code });
    expect(done).toMatchObject({ exitCode: 0, stdout: '2\n' });
  });

  it('see no variables but those of their folders', async () => {
    const code =
      "console.log(Object.keys(process.env).sort().join(), process.env.HOME, process.env._output_dir.endsWith('/output'))";
    expect((await run(code)).stdout).toBe('_output_dir,_workspace_dir undefined true\n');
  });
}

function limits(opened: Sandbox): void {
  const run = (code: string, more = {}) => runIn(opened, { language: 'javascript', code, ...more });

  it('hold memory that is not on the heap', async () => {
    const code = `
const kept = [];
for (let i = 0; i < 30; i++) { kept.push(Buffer.alloc(64 << 20, 1)); await new Promise((r) => setTimeout(r, 20)); }
console.log('got it');`;
    expect(await run(code)).toMatchObject({ stopped: 'memory', stdout: '' });
  });

  it('hold the heap', { timeout: 90_000 }, async () => {
    const done = await run("const a = []; while (true) a.push('x'.repeat(1000) + a.length);", {
      policy: { ...POLICY, cpuSeconds: 60 },
      timeoutMs: 60_000,
    });
    expect(done).toMatchObject({ exitCode: undefined, stopped: 'memory' });
  });

  it('hold processor time', async () => {
    const done = await run('while (true);', { policy: { ...POLICY, cpuSeconds: 1 } });
    expect(done.stopped).toBe('cpu');
  });

  it('hold the disk', async () => {
    const code = `
import { writeFileSync } from 'node:fs';
for (let i = 0; i < 400; i++) { writeFileSync('output/' + i, Buffer.alloc(1 << 20)); await new Promise((r) => setTimeout(r, 10)); }
console.log('all written');`;
    const done = await run(code);
    expect(done).toMatchObject({ stopped: 'disk', stdout: '', limits: ['disk'] });
    expect(await leftFolders()).toEqual([]);
  });

  it('hold the number of files', { timeout: 120_000 }, async () => {
    const code = `
import { mkdirSync, writeFileSync } from 'node:fs';
for (let i = 0; i < 500; i++) { mkdirSync('output/' + i); for (let j = 0; j < 300; j++) writeFileSync('output/' + i + '/' + j, ''); }
console.log('all written');`;
    const policy = { ...POLICY, cpuSeconds: 60 };
    expect(await run(code, { policy, timeoutMs: 60_000 })).toMatchObject({
      stopped: 'files',
      stdout: '',
    });
  });

  it('hold the calls of tools', async () => {
    const code = `
let refused = 0;
for (let i = 0; i < 10; i++) await tools.call('echo.say', {}).catch((error) => { if (error.status === 429) refused++; });
console.log(refused);`;
    const done = await run(code, { tools: TOOLS, policy: { ...POLICY, toolCalls: 4 } });
    expect(done).toMatchObject({ exitCode: 0, stdout: '6\n', limits: ['tool-calls'] });
  });
}

describeBox('deno with folders that hold links', box, () => {
  let folder: string;
  let opened: Sandbox;
  beforeAll(async () => {
    opened = await openDeno();
    folder = await mkdtemp(path.join(tmpdir(), 'awp-links-'));
    const inputs = path.join(folder, 'inputs');
    await mkdir(path.join(inputs, 'deep'), { recursive: true });
    await writeFile(path.join(folder, 'outside.txt'), 'not to be seen');
    await writeFile(path.join(inputs, 'deep', 'a.txt'), 'inside');
    await symlink(path.join(folder, 'outside.txt'), path.join(inputs, 'out.txt'));
    await symlink(folder, path.join(inputs, 'up'));
    await symlink('deep/a.txt', path.join(inputs, 'in.txt'));
    await symlink('nowhere', path.join(inputs, 'broken'));
    await chmod(folder, 0o755);
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  it.each([
    [
      'javascript',
      "import fs from 'node:fs'; console.log(_list_files().join(), fs.readFileSync('inputs/in.txt', 'utf8'));",
    ],
    ['python', "print(','.join(_list_files()), open('inputs/in.txt').read())"],
  ] as const)('shows a %s program only what is in them', async (language, code) => {
    const done = await runIn(opened, { language, code, inputs: path.join(folder, 'inputs') });
    expect(done).toMatchObject({ exitCode: 0, stdout: 'inputs/deep/a.txt,inputs/in.txt inside\n' });
  });
});

describeBox('deno with a data kit', box, () => {
  let folder: string;
  let withKit: Sandbox;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'awp-kit-'));
    await writeFile(
      path.join(folder, 'tiny.mjs'),
      "import { two } from './more.mjs';\nexport const four = two + two;",
    );
    await writeFile(path.join(folder, 'more.mjs'), 'export const two = 2;');
    await writeFile(path.join(folder, 'import-map.json'), '{"imports":{"tiny":"./tiny.mjs"}}');
    await writeFile(path.join(folder, '..', 'awp-secret.json'), '{"a":1}');
    await chmod(folder, 0o755);
    const dataKit = async () => ({ folder, description: 'with tiny 1.0.0' });
    withKit = await openDeno({ dataKit });
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  it('says so, and lets programs import its modules by name', async () => {
    expect(withKit.languages[0]?.description).toContain('with tiny 1.0.0');
    const code = "import { four } from 'tiny'; console.log(four, (await import('tiny')).four);";
    const done = await runIn(withKit, { language: 'javascript', code });
    expect(done).toMatchObject({ exitCode: 0, stdout: '4 4\n' });
  });

  it.each(['json', 'text'])(
    'still refuses files of the host that are imported as %s',
    async (type) => {
      const file = path.join(folder, '..', 'awp-secret.json');
      const code = `import a from '${file}' with { type: '${type}' };\nimport 'tiny';\nconsole.log(a);`;
      const done = await runIn(withKit, { language: 'javascript', code });
      expect(done).toMatchObject({ exitCode: 1, stdout: '' });
      const url = code.replace(file, `file://${file}`);
      const other = await runIn(withKit, { language: 'typescript', code: url });
      expect(other).toMatchObject({ exitCode: 1, stdout: '' });
      expect(other.stderr).toContain('Requires read access');
    },
  );
});

describeBox('deno with listed hosts', box, () => {
  const heard: { method?: string; key: unknown; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString();
    heard.push({ method: request.method ?? '', key: request.headers['x-key'], body });
    response.writeHead(203, { 'content-type': 'application/json' }).end('{"from":"the host"}');
  });
  const secrets = { names: ['KEY'], valueFor: () => 'the value' };
  let opened: Sandbox;
  let policy: SandboxPolicy;
  let place: string;
  beforeAll(async () => {
    opened = await openDeno();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    place = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    policy = { ...POLICY, hosts: [place] };
  });
  afterAll(() => server.close());

  it('lets fetch of JavaScript go by way of the host, which knows the secrets', async () => {
    const code = `
const response = await fetch('http://${place}/x', { method: 'POST', body: 'ü', headers: { 'x-key': 'secret://KEY' } });
console.log(response.status, response.url, (await response.json()).from);
await fetch('http://127.0.0.2/').catch((error) => console.log(error.name));`;
    const done = await runIn(opened, { language: 'javascript', code, policy, secrets });
    const stdout = `203 http://${place}/x the host\nTypeError\n`;
    expect(done).toMatchObject({ exitCode: 0, stdout });
    expect(heard.at(-1)).toEqual({ method: 'POST', key: 'the value', body: 'ü' });
    expect(done.requests?.map(({ host, status }) => [host, status])).toEqual([
      [place, 203],
      ['127.0.0.2:80', undefined],
    ]);
  });

  it('lets urllib of Python do the same', async () => {
    const code = `
from urllib.error import URLError
from urllib.request import Request, urlopen
with urlopen(Request('http://${place}/y', headers={'x-key': 'secret://KEY'})) as response:
    print(response.status, response.headers['content-type'], json.load(response)['from'])
try: urlopen('http://127.0.0.2/')
except URLError as error: print('refused')`;
    const done = await runIn(opened, { language: 'python', code, policy, secrets });
    const stdout = '203 application/json the host\nrefused\n';
    expect(done).toMatchObject({ exitCode: 0, stdout });
    expect(heard.at(-1)).toEqual({ method: 'GET', key: 'the value', body: '' });
  });
});

describeBox('deno with a policy that declares packages', box, () => {
  it('refuses it, because it installs none', async () => {
    const packages = { python: [], javascript: ['left-pad'] };
    const job = { language: 'javascript' as const, code: '', policy: { ...POLICY, packages } };
    await expect(runIn(await openDeno(), job)).rejects.toMatchObject({ code: 'sandbox/refused' });
  });
});

describe('the provider deno', () => {
  it('is not there where Deno is not', async () => {
    const kit = await makeKit(nodeEffects());
    const effects: Effects = { ...kit.machine.effects };
    const realPath = async (): Promise<string> => {
      throw new Error('not there');
    };
    const nothing = { ...effects, files: { ...effects.files, realPath } };
    const machine = { ...kit.machine, effects: nothing };
    expect(await denoProvider({ ...kit, machine })).toBeUndefined();
  });
});

describeBox('the self-test of deno', box, () => {
  it('passes in all its languages', async () => {
    const effects = nodeEffects();
    const provider = await denoProvider(await makeKit(effects));
    const languages = new Set(['python', 'javascript', 'typescript']);
    expect(provider && (await selfTest(effects, provider))).toEqual({ languages, leak: undefined });
    expect(provider?.onlyByName).toEqual(['python']);
  });
});
