import type { JsonObject } from '../../../src/base/json.ts';
import { nodeEffects } from '../../../src/effects/index.ts';
import type { CodeLanguage, CreatedTool, PlanNamespace } from '../../../src/events/creation.ts';
import type { Execution, Sandbox, SandboxFile, SandboxJob } from '../../../src/ports/sandbox.ts';
import type { ToolContext, ToolResult, Workspace } from '../../../src/ports/tool.ts';
import type { DraftContext, DraftPlace } from '../../../src/ports/toolsmith.ts';
import { createdTool } from '../../../src/tools/created/created-tool.ts';
import { nothingKept } from '../../make.ts';
import { policy } from '../bench.ts';

/** A tool that was made, with everything else at its default. */
export function created(
  code: string,
  language: CodeLanguage = 'python',
  more: Partial<CreatedTool> = {},
): CreatedTool {
  return {
    ...{ name: 'made.tool', description: 'A tool', parameters: { type: 'object' }, code, language },
    ...{ secrets: [], namespace: 'made', hash: '0', creator: 'w', origin: 'agent' },
    ...{ createdAt: '2024-01-01T00:00:00.000Z', repairs: 0 },
    ...more,
  };
}

/** Where it is made: a namespace that only computes, unless more is said. */
export function placeIn(
  namespace: Partial<PlanNamespace> = {},
  more: Partial<DraftPlace> = {},
): DraftPlace {
  const plain = { name: 'made', capabilities: ['compute'] as const, hosts: [], secrets: [] };
  return { namespace: { ...plain, ...namespace }, dryRunMs: 5000, callMs: 5000, ...more };
}

/** What a call gets, and what it left: files below output/ and refusals. */
export interface Around {
  context: ToolContext;
  files: Map<string, Uint8Array>;
  denied: string[];
}

/** The context of a call in this box; the workspace is in memory, its folders are those given. */
export function around(sandbox: Sandbox, more: Partial<ToolContext> = {}): Around {
  const files = new Map<string, Uint8Array>();
  const denied: string[] = [];
  const workspace = { inputs: '/inputs', shared: '/shared', ...inMemory(files) } as Workspace;
  const context: ToolContext = {
    workspace,
    signal: new AbortController().signal,
    timeoutMs: 30_000,
    sandbox: async () => sandbox,
    sandboxPolicy: policy,
    agent: '1.1',
    boxTools: undefined,
    boxSecrets: undefined,
    secrets: new Map(),
    secretFor: () => undefined,
    effects: nodeEffects(),
    progress: () => {},
    denied: (reason) => denied.push(reason),
    ...more,
  };
  return { context, files, denied };
}

function inMemory(files: Map<string, Uint8Array>): Pick<Workspace, 'write' | 'output'> {
  return {
    write: async (path, data) => {
      files.set(path, data);
      return { path: `output/${path}`, bytes: data.length };
    },
    output: async () => [...files].map(([path, bytes]) => ({ path, bytes })),
  };
}

/** One call of a tool that was made. */
export async function callMade(
  tool: CreatedTool,
  { context }: Pick<Around, 'context'>,
  { args = {}, place = placeIn() }: { args?: JsonObject; place?: DraftPlace } = {},
): Promise<ToolResult> {
  return await createdTool(tool, place).run(args, context);
}

/** The context of a check, and what it was warned of. */
export function checking(sandbox: Sandbox): { context: DraftContext; warnings: string[] } {
  const warnings: string[] = [];
  const { signal, effects, sandboxPolicy } = around(sandbox).context;
  const context: DraftContext = {
    ...{ signal, effects, sandboxPolicy, sandbox: async () => sandbox },
    warn: (text) => warnings.push(text),
    schemaProblem: async () => undefined,
  };
  return { context, warnings };
}

const LANGUAGES = ['python', 'javascript', 'typescript'] as const;
const NOTHING: Execution = {
  ...{ exitCode: 0, stdout: '', stderr: '', limits: [], files: [], notes: [], ms: 1 },
};

/** A box of a test: it notes its jobs, and its programs do what `program` does. */
export function fakeBox(
  program: (job: SandboxJob, signal: AbortSignal) => Promise<Partial<Execution>>,
  more: Partial<Sandbox> = {},
): Sandbox & { jobs: SandboxJob[] } {
  const jobs: SandboxJob[] = [];
  return {
    jobs,
    name: 'bwrap',
    isolation: 'a box of a test',
    languages: LANGUAGES.map((language) => ({ language, description: `${language} of a test` })),
    run: async (job, signal) => {
      jobs.push(job);
      return { ...NOTHING, ...(await program(job, signal)) };
    },
    ...nothingKept,
    ...more,
  };
}

/** A box whose programs say this and end so. */
export function sayingBox(
  said: JsonObject | undefined,
  execution: Partial<Execution> = {},
): Sandbox & { jobs: SandboxJob[] } {
  return fakeBox(async ({ tools }) => {
    if (said) await tools?.call('awp.result', said, new AbortController().signal);
    return execution;
  });
}

/** A file that a program handed back. */
export const file = (path: string, text: string): SandboxFile => ({
  path,
  bytes: new TextEncoder().encode(text),
});
