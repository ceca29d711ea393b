import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../../src/base/secret.ts';
import { type CustomToolsOption, customTools } from '../../src/data/custom-tools.ts';
import { makePlan } from '../../src/data/make-plan.ts';
import type { TrustOption } from '../../src/data/trust.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { OpenSandbox } from '../../src/ports/sandbox.ts';
import type { OpenedTools, Tool, ToolContext, ToolResult } from '../../src/ports/tool.ts';
import { writeFiles } from '../files.ts';
import { temporaryFolder } from '../make.ts';

/** The plan's box with all defaults. */
export const { sandbox: POLICY } = makePlan(
  { task: 'Do it' },
  { managerModel: 'm', workerModel: 'm', simulated: true, inputs: [], output: undefined },
);

/** A workflow folder of these files, and a place for what its user trusts. */
export function workflowOf(
  files: Readonly<Record<string, string>>,
): { path: string; effects: Effects } & Disposable {
  const folder = temporaryFolder();
  const path = join(folder.path, 'flow');
  mkdirSync(path);
  writeFiles(path, files);
  const effects = effectsWith({ AWP_CONFIG_HOME: join(folder.path, 'config') });
  return { path, effects, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** The effects of this machine with some variables of the environment set, or not. */
export function effectsWith(variables: Readonly<Record<string, string | undefined>>): Effects {
  const effects = nodeEffects();
  const get = (name: string): string | undefined =>
    Object.hasOwn(variables, name) ? variables[name] : effects.secrets.get(name);
  return { ...effects, secrets: { get } };
}

interface OpenHow {
  trust?: TrustOption;
  openSandbox?: OpenSandbox;
  signal?: AbortSignal;
}

/** Opens the tools of a folder, as a run would. */
export async function openTools(
  { path, effects }: { path: string; effects: Effects },
  how: Partial<CustomToolsOption> & OpenHow = {},
): Promise<OpenedTools & AsyncDisposable & { get(name: string): Tool }> {
  const { trust = true, openSandbox = noBox, ...rest } = how;
  const { signal = new AbortController().signal, ...more } = rest;
  const option = { folder: path, sourceDir: 'mcp', discover: true, inject: true, tools: [] };
  const host = { effects, openSandbox, policy: POLICY, trust };
  const opened = await customTools({ ...option, ...more }, host).open(signal);
  return {
    ...opened,
    get: (name) => {
      const tool = opened.tools.find((one) => one.name === name);
      if (!tool) throw new Error(`there is no ${name}`);
      return tool;
    },
    [Symbol.asyncDispose]: () => opened.close(),
  };
}

const noBox: OpenSandbox = async () => {
  throw new Error('no box in this test');
};

/** What a tool gets of a run, as far as these tests need it. */
export function contextOf(
  more: Partial<Omit<ToolContext, 'secrets'>> & { secrets?: Readonly<Record<string, string>> } = {},
): ToolContext & { notes: string[]; files: Map<string, Uint8Array> } {
  const { secrets = {}, ...rest } = more;
  const notes: string[] = [];
  const files = new Map<string, Uint8Array>();
  const never = (): never => {
    throw new Error('not in this test');
  };
  return {
    notes,
    files,
    workspace: {
      inputs: '/nowhere',
      shared: undefined,
      read: never,
      list: never,
      remove: never,
      write: async (path, data) => {
        files.set(path, data);
        return { path: `output/${path}`, bytes: data.length };
      },
      output: async () => [],
    },
    signal: new AbortController().signal,
    timeoutMs: 30_000,
    sandbox: never,
    sandboxPolicy: POLICY,
    agent: 'writer',
    boxTools: undefined,
    boxSecrets: undefined,
    secrets: new Map(
      Object.entries(secrets).map(([name, value]) => [name, new Secret(name, value)]),
    ),
    secretFor: () => undefined,
    effects: nodeEffects(),
    progress: (text) => notes.push(text),
    denied: (reason) => notes.push(reason),
    ...rest,
  };
}

/** What a call gives, or the code and words of what it throws. */
export async function callTool(
  tool: Tool,
  args: Parameters<Tool['run']>[0] = {},
  context: ToolContext = contextOf(),
): Promise<ToolResult | string> {
  try {
    return await tool.run(args, context);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code ?? 'no code'}: ${message}`;
  }
}
