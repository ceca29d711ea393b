import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { orAborted } from '../base/concurrency.ts';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { Effects } from '../ports/effects.ts';
import type { AskMessage, AskRequest, ModuleCall, StepRunner } from '../ports/step.ts';
import { type Failures, ModuleProcess } from './module-process.ts';
import { readSources, type SourceFileBytes, type Sources } from './source-files.ts';
import type { TrustQuestion } from './workflow-tools.ts';

const PROGRAM = fileURLToPath(new URL('agent-host.mjs', import.meta.url));
/** Milliseconds for loading a module. */
const LOAD_MS = 30_000;
/** Folders above an agent's in which its workflow is looked for. */
const MOST_ABOVE = 8;
const MANIFEST = 'workflow.awp.yaml';
/** What a module can load: other files of an agent's folder may change without anybody's trust. */
const LOADABLE = /\.(?:[mc]?[jt]s|json|wasm|node)$/;
/** Messages of one question, and characters of them all. */
const MOST_MESSAGES = 1000;
const MOST_CHARS = 8_000_000;
/** Characters of what is shown of one call; its process keeps to less by itself. */
const MOST_SHOWN = 50_000;

/** What is needed to run the code of agents. */
export interface AgentRunnerOptions {
  effects: Effects;
  /** Address of what modules find as `awp-agents`; it also has `plainJson`. */
  entry: string;
  /** Throws `trust/needed` unless these files may run. */
  trust(question: TrustQuestion): Promise<void>;
}

/** An agent whose code was looked at. */
interface KnownAgent {
  /** Absolute path of the workflow's folder, in which it runs. */
  workflow: string;
  sources: Sources;
  /** Its folder from the workflow's, as it is told. */
  name: string;
}

/**
 * Runs `agents/<id>/agent.ts` and the like (decision 36): each call is a process of its own, which
 * knows no variables of the environment, loads nothing but what was looked at before the run, and is
 * killed with its call.
 */
export class AgentRunner implements StepRunner {
  readonly #options: AgentRunnerOptions;
  readonly #agents = new Map<string, KnownAgent>();
  /** All that were started and may still be there. */
  readonly #processes = new Set<ModuleProcess>();

  constructor(options: AgentRunnerOptions) {
    this.#options = options;
  }

  /** Looks at the files of all agents. Throws `trust/needed`, `step/broken`. */
  async open(modules: readonly string[]): Promise<() => Promise<void>> {
    const { effects, trust } = this.#options;
    for (const module of [...new Set(modules)].sort()) {
      const workflow = await workflowOf(effects, dirname(module));
      const path = relative(workflow, dirname(module)).split(sep).join('/');
      const refuse = (message: string): AwpError => broken(`${path}: ${message}`);
      const found = await readSources(effects.files, { workflow, sourceDir: path, refuse });
      if (!found) throw broken(`there is no folder ${path}`);
      const files = found.files.filter((file) => LOADABLE.test(file.path));
      this.#agents.set(module, { workflow, name: path, sources: { ...found, files } });
    }
    for (const question of questionsOf([...this.#agents.values()])) await trust(question);
    return async () => {
      await Promise.all([...this.#processes].map((process) => process.close('the run is over')));
    };
  }

  /** Runs the code of an agent once. Throws `step/...`, and what the code threw. */
  async run(call: ModuleCall): Promise<Json | undefined> {
    const known = this.#agents.get(call.module);
    if (!known) throw broken(`${basename(dirname(call.module))} was not there when the run began`);
    const { effects } = this.#options;
    const file = `${known.name}/${basename(call.module)}`;
    const process = new ModuleProcess(effects, {
      ...{ program: PROGRAM, cwd: known.workflow, failures: failuresOf(file) },
    });
    this.#processes.add(process);
    void process.ended().then(() => this.#processes.delete(process));
    try {
      await this.#load(process, known, call);
      return await ask(process, call);
    } finally {
      await process.close('its call is over');
    }
  }

  async #load(
    process: ModuleProcess,
    { sources, name }: KnownAgent,
    { module, signal }: ModuleCall,
  ): Promise<void> {
    const { effects, entry } = this.#options;
    const { folder } = sources;
    const what = { module: basename(module), name, folder, entry, files: hashesOf(sources.files) };
    const overdue = new AbortController();
    const stop = effects.clock.timer(LOAD_MS, () => {
      overdue.abort(broken(`${name}/${basename(module)} did not load within 30 s`));
    });
    try {
      await orAborted(process.load(what), AbortSignal.any([signal, overdue.signal]));
    } finally {
      stop();
    }
  }
}

/** The folder of the workflow that an agent's folder is in; that folder itself where there is none. */
async function workflowOf({ files }: Effects, folder: string): Promise<string> {
  let at = folder;
  for (let above = 0; above < MOST_ABOVE; above += 1) {
    if ((await files.info(join(at, MANIFEST)))?.kind === 'file') return at;
    at = dirname(at);
  }
  return dirname(folder);
}

/** One question for each workflow: its agents that are code. */
function questionsOf(agents: readonly KnownAgent[]): TrustQuestion[] {
  const byWorkflow = new Map<string, KnownAgent[]>();
  for (const agent of agents) {
    byWorkflow.set(agent.workflow, [...(byWorkflow.get(agent.workflow) ?? []), agent]);
  }
  return [...byWorkflow].map(([folder, own]) => {
    const files = own.flatMap(({ name, sources }) =>
      sources.files.map((file) => ({ ...file, path: `${name}/${file.path}` })),
    );
    const text = files.map(({ path, sha256: hash }) => `${path}\0${hash}\n`).join('');
    return {
      folder,
      files: files.map(({ path, bytes }) => ({ path, bytes: bytes.length })),
      hash: sha256(`agents\n${text}`),
    };
  });
}

function hashesOf(files: readonly SourceFileBytes[]): JsonObject {
  return Object.fromEntries(files.map(({ path, sha256: hash }) => [path, hash]));
}

async function ask(process: ModuleProcess, call: ModuleCall): Promise<Json> {
  const { signal, log, ask: askModel, callTool, agent, module: _, ...told } = call;
  const request = { kind: 'call', call: { ...(told as unknown as JsonObject), agent } } as const;
  const serve = async ({ what, asked }: JsonObject): Promise<Json> => {
    if (!isObject(asked)) throw new AwpError('step/failed', 'the code asked for nothing');
    if (what === 'ask') return { ...(await askModel(requestIn(asked))) };
    const { name, args } = asked;
    return { ...(await callTool(String(name), isObject(args) ? args : {})) };
  };
  let room = MOST_SHOWN;
  const progress = (text: string): void => {
    if (room > 0) log(text.slice(0, room));
    room -= text.length + 1;
  };
  const { value } = await process.ask(request, { signal, progress, serve });
  return value;
}

/** A question as the code asked it. Throws `usage/bad-option` for what is none. */
function requestIn({ messages, temperature, maxOutputTokens }: JsonObject): AskRequest {
  const list = Array.isArray(messages) ? messages : [];
  const read = list.flatMap((one) => messageIn(one) ?? []);
  const chars = read.reduce((sum, { text }) => sum + text.length, 0);
  if (read.length === 0 || read.length !== list.length) {
    throw bad('a question is a text, or messages { role, text } of system, user or assistant');
  }
  if (read.length > MOST_MESSAGES || chars > MOST_CHARS) {
    throw bad('a question has at most 1,000 messages and 8,000,000 characters');
  }
  const heat = within(temperature, 'temperature', { least: 0, most: 2 });
  const most = within(maxOutputTokens, 'maxOutputTokens', { least: 1, most: 10_000_000 });
  return {
    messages: read,
    ...(heat !== undefined && { temperature: heat }),
    ...(most !== undefined && { maxOutputTokens: Math.floor(most) }),
  };
}

function messageIn(message: Json): AskMessage | undefined {
  if (!isObject(message)) return undefined;
  const { role, text } = message;
  if (role !== 'system' && role !== 'user' && role !== 'assistant') return undefined;
  return typeof text === 'string' ? { role, text } : undefined;
}

function within(
  value: Json | undefined,
  name: string,
  { least, most }: { least: number; most: number },
): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw bad(`${name} is a number from ${least} to ${most}`);
}

function bad(message: string): AwpError {
  return new AwpError('usage/bad-option', message);
}

function broken(message: string): AwpError {
  return new AwpError('step/broken', message, {
    hint: 'mend the code; awp validate does not run it',
  });
}

/** Codes that the code of an agent may fail with: those of what it asked for, and of its own. */
const OWN_CODES = /^(?:step|tool|model|budget|network|usage)\/[a-z-]+$/;

/** What goes wrong with the code of an agent, in words that name its file. */
function failuresOf(file: string): Failures {
  const hint = 'mend the code; awp validate does not run it';
  return {
    load: (message) =>
      new AwpError('step/broken', `${file} cannot be loaded: ${message}`, { hint }),
    ended: (why) =>
      new AwpError('step/crashed', `the process of ${file} ended before it returned (${why})`, {
        hint: 'an agent returns its output, and does not end the process',
      }),
    thrown({ message, code, hint: own, at }) {
      const where = at === undefined ? file : at;
      const known = code !== undefined && OWN_CODES.test(code);
      return new AwpError(known ? (code as 'step/failed') : 'step/failed', `${where}: ${message}`, {
        ...(own !== undefined && { hint: own }),
      });
    },
  };
}
