import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scriptedAwp } from '../cli/scripted-awp.ts';

/** `x` is what is tried; `y` comes after it whatever came of it. */
const WORKFLOW = `awp: "1.0.0"
workflow: { name: hostile, version: 1.0.0, description: Go on, autonomy: A1 }
orchestration:
  graph:
    - { id: x, agent: x, timeout: 60, on_failure: continue }
    - { id: y, agent: y, depends_on: [{ id: x, condition: always }] }
state: { sharing: { strategy: full } }
`;

const agent = (id: string, more = ''): string => `awp_agent: "1.0.0"
identity: { id: ${id}, role: One, description: Does it. }
model: { name: openrouter/openai/gpt-5-mini }
prompt: { system: Do it. }
output: { format: json, contract: { confidence: { type: number } } }
${more}`;

const code = (body: string): string => `export default async (call) => { ${body} };\n`;

/** The processes of this machine that run below a folder, where it tells of them. */
function runningBelow(folder: string): string[] {
  const told = (pid: string, read: (path: string) => string, name: string): string => {
    try {
      return read(`/proc/${pid}/${name}`);
    } catch {
      return ''; // somebody else's, or it has just ended
    }
  };
  const all = existsSync('/proc') ? readdirSync('/proc') : [];
  return all
    .filter((pid) => /^\d+$/.test(pid) && told(pid, readlinkSync, 'cwd').startsWith(folder))
    .map((pid) => told(pid, (path) => readFileSync(path, 'utf8'), 'cmdline'));
}

/** Runs the workflow with these files; gives its result and what was left of it. */
async function ran(files: Readonly<Record<string, string>>) {
  const seen: string[] = [];
  using awp = scriptedAwp({
    x: ({ messages }) => {
      seen.push(JSON.stringify(messages));
      return { confidence: 1 };
    },
  });
  const flow = join(awp.folder, 'flow');
  const all = {
    'workflow.awp.yaml': WORKFLOW,
    'agents/x/agent.awp.yaml': agent('x'),
    'agents/y/agent.awp.yaml': agent('y'),
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(flow, path)), { recursive: true });
    writeFileSync(join(flow, path), text);
  }
  const { err } = await awp.run(['run', flow, '--trust', '-m', 'scripted', '--run-id', 'r']);
  const left = runningBelow(awp.folder);
  const { out } = await awp.run(['runs', 'show', 'r', '--json']);
  const home = join(awp.folder, '.awp');
  const stored = readdirSync(home, { recursive: true, encoding: 'utf8' })
    .map((path) => statSync(join(home, path)).size)
    .reduce((sum, size) => sum + size, 0);
  return { err, left, stored, seen, ...JSON.parse(out) };
}

/** What `x` ended with: the code of its failure, else its output. Whatever it was, `y` had its turn. */
async function endOfX(files: Readonly<Record<string, string>>, mostStored = 1_000_000) {
  const { nodes, result, left, stored } = await ran(files);
  expect(nodes.y).toMatchObject({ status: 'finished' });
  expect(left).toEqual([]);
  expect(stored).toBeLessThan(mostStored);
  return nodes.x.code ?? result.x;
}

const SHORT = { 'workflow.awp.yaml': WORKFLOW.replace('timeout: 60', 'timeout: 3') };

describe('a run with hostile code of an agent goes on, and leaves nothing behind, when the code', () => {
  it.each<[string, string, unknown]>([
    ['throws', `throw new Error('no');`, 'step/failed'],
    ['throws 100 MB', `throw new Error('x'.repeat(1e8));`, 'step/failed'],
    ['throws what has no words', 'throw { toString() { throw 1; } };', 'step/failed'],
    [
      'throws what cannot be looked at',
      'throw new Proxy({}, { get() { throw 1; } });',
      'step/failed',
    ],
    ['ends the process', 'process.exit(0);', 'step/crashed'],
    ['returns nothing', '', 'step/bad-output'],
    ['returns a circle', 'const a = {}; a.a = a; return a;', 'step/bad-output'],
    ['returns a big integer', 'return { n: 1n };', 'step/bad-output'],
    ['returns what throws', `return { get a() { throw new Error('no'); } };`, 'step/bad-output'],
    ['returns too much', 'return { x: Array(1_500_000).fill(1) };', 'step/bad-output'],
    ['imports what is outside', `await import('../../lib.js'); return {};`, 'step/failed'],
    [
      'prints 100 MB and a million lines',
      `console.log('x'.repeat(1e8)); for (let i = 0; i < 1e6; i += 1) console.log(i); return {};`,
      {},
    ],
    [
      'prints past what is kept of it',
      `const { writeSync } = await import('node:fs'); const bytes = Buffer.alloc(65_536, 120);
      for (let i = 0; i < 1600;) try { writeSync(1, bytes); i += 1; } catch {} return {};`,
      {},
    ],
    [
      'starts what would go on',
      `const { spawn } = await import('node:child_process');
      spawn('sleep', ['600'], { detached: true }).unref(); spawn('sleep', ['600']); return {};`,
      {},
    ],
    [
      'goes on after it returned',
      `setInterval(() => call.log('late'), 1); setImmediate(() => { for (;;) call.log('late'); }); return {};`,
      {},
    ],
    ['looks for secrets', 'return { ...process.env };', {}],
  ])(
    '%s',
    async (_, body, expected) => {
      const files = { 'agents/x/agent.js': code(body), 'lib.js': '' };
      expect(await endOfX(files)).toEqual(expected);
    },
    60_000,
  );

  it('returns 5 MB, which has no room in the state and can be read all the same', async () => {
    const files = { 'agents/x/agent.js': code(`return { x: 'x'.repeat(5_000_000) };`) };
    expect(await endOfX(files, 6_000_000)).toBe('state/too-large');
  }, 60_000);

  it.each([
    ['waits for ever', 'await new Promise(() => {});'],
    ['never lets go', 'for (;;);'],
  ])(
    '%s',
    async (_, body) => {
      expect(await endOfX({ ...SHORT, 'agents/x/agent.js': code(body) })).toBe('node/timeout');
    },
    60_000,
  );

  it('asks its model 10,000 times at once', async () => {
    const body = `let answers = 0;
      const ask = () => call.ask('x').then(() => { answers += 1; });
      await Promise.all(Array.from({ length: 10_000 }, ask)); return { answers };`;
    const { nodes, result, left } = await ran({ 'agents/x/agent.js': code(body) });
    expect(nodes.y).toMatchObject({ status: 'finished' });
    expect(result.x).toEqual({ answers: 10_000 });
    expect(left).toEqual([]);
  }, 120_000);
});

describe('a run with a hostile preprocessor goes on, and leaves nothing behind, when it', () => {
  const prepared = (code: string) => ({
    'agents/x/agent.awp.yaml': agent('x', 'preprocessor: { enabled: true, steps: [p.py] }\n'),
    'agents/x/p.py': code,
  });

  it.each<[string, string, unknown]>([
    ['fails', 'raise ValueError("no")', 'step/preprocessor-failed'],
    ['floods', 'for i in range(2_000_000): print("x" * 100)', 'step/preprocessor-failed'],
    ['prints 5 MB', `print('{"a": "' + "x" * 5_000_000 + '"}')`, 'step/preprocessor-failed'],
    ['prints no JSON', `print('{"a": NaN}')`, 'step/preprocessor-failed'],
    [
      'starts what would go on',
      'import subprocess\nsubprocess.Popen(["sleep", "600"], start_new_session=True)\nprint("{}")',
      { confidence: 1 },
    ],
  ])(
    '%s',
    async (_, program, expected) => {
      expect(await endOfX(prepared(program))).toEqual(expected);
    },
    60_000,
  );

  it.each([
    ['never lets go', 'while True: pass'],
    ['waits for ever', 'import time\ntime.sleep(600)'],
  ])(
    '%s',
    async (_, program) => {
      expect(await endOfX({ ...prepared(program), ...SHORT })).toBe('node/timeout');
    },
    60_000,
  );
});

describe('an agent.py', () => {
  const PROGRAM = { 'agents/x/agent.py': `print('{"prepared": "so"}')` };

  it('is not run', async () => {
    const { status, seen, err } = await ran(PROGRAM);
    expect(status).toBe('complete');
    expect(err).toContain('note: agents/x/agent.py is not run (awp explain S17)');
    expect(seen.join('')).not.toContain('preprocessed');
  }, 60_000);

  it('is run in the sandbox if it is a step of preprocessor', async () => {
    const steps = agent('x', 'preprocessor: { enabled: true, steps: [agent.py] }\n');
    const { status, seen, err } = await ran({ ...PROGRAM, 'agents/x/agent.awp.yaml': steps });
    expect(status).toBe('complete');
    expect(err).not.toContain('is not run');
    expect(seen.join('')).toMatch(/preprocessed[\s\S]*prepared/);
  }, 60_000);
});
