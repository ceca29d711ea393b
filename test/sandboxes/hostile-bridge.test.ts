import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Execution, Sandbox } from '../../src/ports/sandbox.ts';
import { PYTHON_BRIDGE } from '../../src/sandboxes/hostile/python-bridge.ts';
import { runHostile } from '../../src/sandboxes/hostile/run.ts';

/** Pyodide in a plain Node, whose environment holds the bait's: no boundary at all. */
const HOST = `
const { loadPyodide } = await import(process.argv[1]);
const python = await loadPyodide();
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
globalThis.require = process.getBuiltinModule('node:module').createRequire('/');
await python.runPythonAsync(Buffer.concat(chunks).toString());
`;

async function runInPyodide(code: string): Promise<Execution> {
  const entry = import.meta.resolve('pyodide');
  // The environment is a process's own here; the host's is that of the bait.
  const host = /^HOST = (\d+)$/m.exec(code)?.[1] ?? '';
  const planted = (await readFile(`/proc/${host}/environ`, 'utf8')).split('\0');
  const env = Object.fromEntries(planted.filter(Boolean).map((pair) => pair.split(/=(.*)/s, 2)));
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOST, entry], { env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  child.stdin.end(code);
  const exitCode = await new Promise<number | undefined>((resolve) => {
    child.on('close', (status) => resolve(status ?? undefined));
  });
  return { exitCode, stdout, stderr, limits: [], files: [], notes: [], ms: 0 };
}

const unbounded: Sandbox = {
  name: 'none',
  isolation: 'none: Pyodide in Node',
  languages: [{ language: 'python', description: '' }],
  run: async ({ code }) => runInPyodide(code),
  prepare: () => {},
  endSession: async () => {},
  close: async () => {},
};

describe.runIf(process.platform === 'linux')(
  'through the bridge of Pyodide in a plain Node',
  () => {
    it('every program that attacks it gets out', { timeout: 300_000 }, async () => {
      const programs = PYTHON_BRIDGE.map(({ needsNothing: _without, ...program }) => ({
        ...program,
        // Loading it takes seconds.
        timeoutMs: 60_000,
      }));
      const report = await runHostile(nodeEffects(), async () => unbounded, { programs });
      const got = report.results.map(({ id, verdict, words }) => [
        id,
        verdict,
        verdict === 'escaped' ? '' : words,
      ]);
      expect(got).toEqual(PYTHON_BRIDGE.map(({ id }) => [id, 'escaped', '']));
      for (const { id, evidence } of report.results) {
        expect(evidence).toContain(PYTHON_BRIDGE.find((one) => one.id === id)?.escape);
      }
    });
  },
);
