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

interface Told {
  label: string;
  documentation?: string | { value: string };
}

/** What an editor is told about a text. */
export interface Remark {
  message: string;
  severity: number;
  range: { start: Position };
}

/** What is offered at a place, and what is told about it. */
export interface Offer {
  label: string;
  documentation: string;
}

/** Longest time that the server may take over one answer, in milliseconds. */
const PATIENCE = 20_000;

/** The program of the language server. */
export function languageServer(): string {
  return createRequire(import.meta.url).resolve('yaml-language-server/bin/yaml-language-server');
}

/** An editor without a screen: talks to yaml-language-server as editors do. */
export class Editor implements AsyncDisposable {
  readonly #server: ChildProcessWithoutNullStreams;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #remarks = new Map<string, (remarks: Remark[]) => void>();
  readonly #waiting = new Set<(reason: Error) => void>();
  #received = Buffer.alloc(0);
  #requests = 0;

  private constructor(program: string) {
    this.#server = spawn(process.execPath, [program, '--stdio']);
    this.#server.stderr.resume();
    this.#server.stdin.on('error', () => {}); // said by `close` as well
    this.#server.once('close', (code, signal) => {
      for (const reject of this.#waiting) reject(new Error(`the server ended: ${code ?? signal}`));
    });
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
    const textDocument = { uri, languageId: 'yaml', version: 1, text };
    return this.#waitFor(`remarks on ${file}`, (resolve) => {
      this.#remarks.set(uri, resolve);
      this.#send({ method: 'textDocument/didOpen', params: { textDocument } });
    });
  }

  /** What is offered at a place of a file that is open. */
  async offers(file: string, position: Position): Promise<string[]> {
    return (await this.items(file, position)).map(({ label }) => label);
  }

  /** The same, with what is told about each. */
  async items(file: string, position: Position): Promise<Offer[]> {
    const textDocument = { uri: pathToFileURL(file).href };
    const found = await this.#ask('textDocument/completion', { textDocument, position });
    const { items } = found as { items: Told[] };
    return items.map(({ label, documentation = '' }) => ({
      label,
      documentation: typeof documentation === 'string' ? documentation : documentation.value,
    }));
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
    const { result, error } = await this.#waitFor<Message>(method, (resolve) => {
      this.#answers.set(id, resolve);
      this.#send({ id, method, params });
    });
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** What `start` is told; an error if that takes too long or the server ends. */
  async #waitFor<T>(what: string, start: (resolve: (value: T) => void) => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const timer = setTimeout(() => reject(new Error(`no answer: ${what}`)), PATIENCE);
    this.#waiting.add(reject);
    try {
      start(resolve);
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(reject);
    }
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
