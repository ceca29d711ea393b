import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { AwpError } from '../../src/base/errors.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { SandboxPolicy } from '../../src/events/plan.ts';
import type { Execution, Sandbox, SandboxFile, SandboxJob } from '../../src/ports/sandbox.ts';
import type { ToolContext, ToolResult, Workspace } from '../../src/ports/tool.ts';
import { builtinTools } from '../../src/tools/index.ts';
import { nothingKept } from '../make.ts';

const FOLDERS = ['inputs', 'shared', 'output'];

export const policy: SandboxPolicy = {
  ...sandboxPolicy(),
  minimum: 'none',
  timeoutMs: 20_000,
  memoryMb: 256,
  filesBytes: 1_000_000,
};

/** A workspace in a temporary folder, and the tools called on it. */
export interface Bench {
  folder: string;
  put(path: string, data: string | Uint8Array): void;
  call(tool: string, args: JsonObject, context?: Partial<ToolContext>): Promise<ToolResult>;
  clear(): void;
}

export function makeBench(): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'awp-tools-'));
  for (const name of FOLDERS) mkdirSync(join(folder, name));
  const workspace = folderWorkspace(folder);
  const put: Bench['put'] = (path, data) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), data);
  };
  return {
    folder,
    put,
    clear: () => rmSync(folder, { recursive: true }),
    async call(name, args, context = {}) {
      const tool = builtinTools.find((one) => one.name === name);
      if (!tool) throw new Error(`no tool ${name}`);
      return await tool.run(args, {
        workspace,
        signal: new AbortController().signal,
        timeoutMs: 30_000,
        sandbox: async () => plainBox(),
        sandboxPolicy: policy,
        agent: '1.1',
        boxTools: undefined,
        boxSecrets: undefined,
        secrets: new Map(),
        secretFor: () => undefined,
        effects: nodeEffects(),
        progress: () => {},
        denied: () => {},
        ...context,
      });
    },
  };
}

function folderWorkspace(folder: string): Workspace {
  const all = (): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(folder, path)).isFile())
      .sort();
  return {
    inputs: join(folder, 'inputs'),
    shared: join(folder, 'shared'),
    async read(path, maxBytes) {
      if (path.startsWith('/')) throw new AwpError('tool/denied', 'the path must be relative');
      const known = all();
      const found = [path, ...FOLDERS.map((name) => `${name}/${path}`)].find((one) =>
        known.includes(one),
      );
      if (found === undefined) throw new AwpError('tool/not-found', `there is no file ${path}`);
      const bytes = new Uint8Array(readFileSync(join(folder, found)));
      return { path: found, bytes: bytes.subarray(0, maxBytes), size: bytes.length };
    },
    list: async (below) =>
      all()
        .filter((path) => below === '' || path.startsWith(`${below}/`))
        .map((path) => ({ path, bytes: statSync(join(folder, path)).size })),
    async write(path, data) {
      if (path.endsWith('.denied')) throw new AwpError('tool/denied', 'too many files');
      const to = join(folder, 'output', path);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, data);
      return { path: `output/${path}`, bytes: data.length };
    },
    async remove(path) {
      if (!path.startsWith('output/')) throw new AwpError('tool/denied', 'only below output/');
      if (!all().includes(path)) throw new AwpError('tool/not-found', `there is no file ${path}`);
      rmSync(join(folder, path));
      return { path };
    },
    output: async () =>
      all()
        .filter((path) => path.startsWith('output/'))
        .map((path) => ({
          path: path.slice('output/'.length),
          bytes: new Uint8Array(readFileSync(join(folder, path))),
        })),
  };
}

const SUFFIX = { python: 'py', javascript: 'mjs', typescript: 'mts', shell: 'sh' };

/** Runs programs of the tests as they are, without a boundary: only the port's shape matters. */
function plainBox(): Sandbox {
  return {
    name: 'none',
    isolation: 'none',
    languages: [
      { language: 'javascript', description: 'Node' },
      { language: 'typescript', description: 'Node' },
    ],
    run: async (job) => runPlainly(job),
    ...nothingKept,
  };
}

function runPlainly(job: SandboxJob): Execution {
  const folder = mkdtempSync(join(tmpdir(), 'awp-plain-'));
  try {
    const output = join(folder, 'output');
    for (const name of FOLDERS) mkdirSync(join(folder, name));
    if (job.inputs) cpSync(job.inputs, join(folder, 'inputs'), { recursive: true });
    for (const { path, bytes } of job.output) writeFileSync(join(output, path), bytes);
    const program = join(folder, `program.${SUFFIX[job.language]}`);
    writeFileSync(program, job.code);
    const done = spawnSync(process.execPath, [program, ...(job.args ?? [])], {
      cwd: folder,
      input: job.stdin ?? '',
      timeout: job.timeoutMs,
      encoding: 'utf8',
    });
    const files = readdirSync(output, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(output, path)).isFile())
      .map(
        (path): SandboxFile => ({
          path: relative(output, join(output, path)),
          bytes: new Uint8Array(readFileSync(join(output, path))),
        }),
      );
    return {
      exitCode: done.status ?? undefined,
      stdout: done.stdout,
      stderr: done.stderr,
      ...(done.signal && { stopped: 'timeout' as const }),
      limits: [],
      files,
      notes: [],
      ms: 1,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
