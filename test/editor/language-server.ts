import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** A place in a text: line and column, from zero as the protocol counts. */
export interface Position {
  line: number;
  character: number;
}

interface Message {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { message: string };
}

/** What an editor is told about a text. */
export interface Remark {
  message: string;
  severity: number;
  range: { start: Position };
}

/** The program of the language server; undefined when it is not installed. */
export function languageServer(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('yaml-language-server/bin/yaml-language-server');
  } catch {
    return undefined;
  }
}

/** An editor without a screen: talks to yaml-language-server as editors do. */
export class Editor implements AsyncDisposable {
  readonly #server: ChildProcessWithoutNullStreams;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #remarks = new Map<string, (remarks: Remark[]) => void>();
  #received = Buffer.alloc(0);
  #requests = 0;

  private constructor(program: string) {
    this.#server = spawn(process.execPath, [program, '--stdio']);
    this.#server.stderr.resume();
    this.#server.stdout.on('data', (data: Buffer) => this.#receive(data));
  }

  /** Starts a server for a folder. */
  static async open(program: string, folder: string): Promise<Editor> {
    const editor = new Editor(program);
    const rootUri = pathToFileURL(folder).href;
    await editor.#ask('initialize', {
      processId: process.pid,
      rootUri,
      workspaceFolders: [{ uri: rootUri, name: 'flow' }],
      capabilities: {
        workspace: { configuration: true },
        textDocument: { completion: { completionItem: { snippetSupport: true } } },
      },
    });
    editor.#send({ method: 'initialized', params: {} });
    return editor;
  }

  /** Opens a file and waits for what is said about it. */
  remarks(file: string, text: string): Promise<Remark[]> {
    const uri = pathToFileURL(file).href;
    const { promise, resolve } = Promise.withResolvers<Remark[]>();
    this.#remarks.set(uri, resolve);
    const textDocument = { uri, languageId: 'yaml', version: 1, text };
    this.#send({ method: 'textDocument/didOpen', params: { textDocument } });
    return promise;
  }

  /** What is offered at a place of a file that is open. */
  async offers(file: string, position: Position): Promise<string[]> {
    const textDocument = { uri: pathToFileURL(file).href };
    const found = await this.#ask('textDocument/completion', { textDocument, position });
    return (found as { items: { label: string }[] }).items.map(({ label }) => label);
  }

  /** What is shown over a place of a file that is open. */
  async hover(file: string, position: Position): Promise<string> {
    const textDocument = { uri: pathToFileURL(file).href };
    const shown = await this.#ask('textDocument/hover', { textDocument, position });
    return (shown as { contents: { value: string } } | null)?.contents.value ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.once('close', () => resolve());
    this.#server.kill();
    await promise;
  }

  async #ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#requests;
    const { promise, resolve } = Promise.withResolvers<Message>();
    this.#answers.set(id, resolve);
    this.#send({ id, method, params });
    const { result, error } = await promise;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  #send(message: Message): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (;;) {
      const head = this.#received.indexOf('\r\n\r\n');
      const size = Number(
        /Content-Length: (\d+)/i.exec(this.#received.toString('latin1', 0, Math.max(head, 0)))?.[1],
      );
      if (head < 0 || this.#received.length < head + 4 + size) return;
      const text = this.#received.toString('utf8', head + 4, head + 4 + size);
      this.#received = this.#received.subarray(head + 4 + size);
      this.#handle(JSON.parse(text) as Message);
    }
  }

  #handle(message: Message): void {
    const { id, method } = message;
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = message.params as { uri: string; diagnostics: Remark[] };
      this.#remarks.get(uri)?.(diagnostics);
    } else if (method !== undefined && id !== undefined) {
      this.#send({ id, result: answerTo(message) });
    } else if (id !== undefined) this.#answers.get(id)?.(message);
  }
}

/** Settings as they are in an editor that was told nothing, without the network. */
function answerTo({ method, params }: Message): unknown {
  if (method !== 'workspace/configuration') return null;
  const yaml = { validate: true, completion: true, hover: true, schemaStore: { enable: false } };
  const { items } = params as { items: { section?: string }[] };
  return items.map(({ section }) => (section === 'yaml' ? yaml : null));
}
