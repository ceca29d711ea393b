import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import type { JsonObject } from '../../src/base/json.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { RunDesk } from '../../src/mcp-server/desk.ts';
import { type ServerFactory, serverFactory } from '../../src/mcp-server/server.ts';
import type { McpSettings } from '../../src/mcp-server/settings.ts';
import { findWorkflows } from '../../src/mcp-server/workflows.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import { type Script, scriptedModel } from '../../src/providers/scripted.ts';
import { complete, delegate, temporaryFolder } from '../make.ts';

/** A server of a test with one folder, and a client of it. */
export interface TestServer extends AsyncDisposable {
  folder: string;
  client: Client;
  /** Calls a tool; gives what a program sees and what a model reads. */
  call(
    name: string,
    args?: JsonObject,
  ): Promise<{ facts: JsonObject; text: string; failed: boolean; content: readonly unknown[] }>;
  /** Another client of the same server. */
  another(): Promise<Client>;
  desk: RunDesk;
  factory: ServerFactory;
  notes: readonly string[];
}

export interface TestServerOptions {
  script?: Script;
  settings?: Partial<McpSettings>;
  /** Called with the folder before the server starts. */
  prepare?(folder: string): void;
}

/** Starts a server in this process with a scripted model. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = temporaryFolder();
  options.prepare?.(folder.path);
  const notes: string[] = [];
  const model = scriptedModel(options.script ?? oneFile());
  const settings: McpSettings = {
    folders: [folder.path],
    cwd: folder.path,
    effects: nodeEffects(),
    version: '1.2.3',
    runOptions: () => ({
      ...{ model, managerModel: model, workerModel: model },
      tools: ['file.*', 'arithmetic.*'],
    }),
    limits: {},
    maxRuns: 8,
    answers: true,
    note: (text) => notes.push(text),
    ...options.settings,
  };
  const desk = await RunDesk.open({ ...settings, home: join(folder.path, '.awp') });
  const workflows = await findWorkflows(settings);
  const factory = await serverFactory({ desk, settings, workflows });
  const clients: Client[] = [];
  const another = async (): Promise<Client> => {
    const [near, far] = InMemoryTransport.createLinkedPair();
    await factory().connect(far);
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(near);
    clients.push(client);
    return client;
  };
  const client = await another();
  return {
    folder: folder.path,
    client,
    call: (name, args) => callTool(client, name, args),
    another,
    desk,
    factory,
    notes,
    async [Symbol.asyncDispose]() {
      for (const one of clients) await one.close();
      await desk.close();
      folder[Symbol.dispose]();
    },
  };
}

/** Calls a tool and takes its answer apart. */
export async function callTool(client: Client, name: string, args: JsonObject = {}) {
  const { content, structuredContent, isError } = await client.callTool({ name, arguments: args });
  const [first] = content;
  return {
    facts: (structuredContent ?? {}) as JsonObject,
    text: first?.type === 'text' ? first.text : '',
    failed: isError === true,
    content,
  };
}

type ScriptFunction = Extract<Script, (...args: never[]) => unknown>;

/** A manager that sends one worker, who writes one file below `output/`. */
export function oneFile(text = 'hello', name = 'hello.txt'): ScriptFunction {
  return ({ headers, messages }) => {
    if (headers['x-awp-role'] === 'manager') {
      return hasResult(messages) ? complete('the file is there') : delegate('writer');
    }
    if (messages.at(-1)?.role === 'tool') return { result: 'all is written', confidence: 0.9 };
    return {
      toolCalls: [{ name: 'file.write', args: { path: `output/${name}`, content: text } }],
    };
  };
}

/** Whether the manager is told of what its worker answered. */
function hasResult(messages: ModelRequest['messages']): boolean {
  return messages.some(({ text }) => text.includes('all is written'));
}

/** A model that does not answer workers before the gate is opened. */
export function gated(): { script: Script; open(): void; reached: Promise<void> } {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const answers = oneFile();
  return {
    script: async (request, call) => {
      if (request.headers['x-awp-role'] !== 'manager') {
        reached.resolve();
        await gate.promise;
      }
      return answers(request, call);
    },
    open: () => gate.resolve(),
    reached: reached.promise,
  };
}

/** A workflow folder with a delegation loop. */
export const WORKFLOW = `awp: "1.0.0"
workflow:
  name: sales-report
  version: 1.0.0
  description: Profile the sales table.
orchestration:
  engine: delegation_loop
  delegation_loop:
    budget: { max_loops: 6, max_total_tokens: 200000 }
`;

/** Writes a file below a folder that is there. */
export function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
