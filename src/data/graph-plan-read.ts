import { join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { nodeAt, plainValue, scalarAt, type YamlMap } from '../base/yaml-node.ts';
import { languageNamed } from '../events/languages.ts';
import type { PlanAgent } from '../events/plan-graph.ts';
import { contractForm } from '../models/contract.ts';
import type { Manifest } from '../models/manifest.ts';
import type { AgentDocument, Workflow } from '../models/workflow.ts';
import { folderFiles } from '../parser/folder-files.ts';
import { below, resolvePath } from '../parser/resolve-path.ts';
import type { Files } from '../ports/effects.ts';
import type { WorkflowFiles } from '../ports/workflow-files.ts';
import { type AgentSource, placesOf, type Written, wrongAt } from './graph-plan-source.ts';
import { workflowSkills } from './skill-sources.ts';

/** Largest text that is read for a prompt. */
const MAX_BYTES = 1024 * 1024;

/** What of a manifest is really written, where a default would stand for an author's wish. */
export function writtenIn(tree: YamlMap, { orchestration }: Manifest): Written {
  const there = (...steps: string[]): boolean =>
    nodeAt(tree, 'orchestration', ...steps) !== undefined;
  const { graph = [] } = orchestration ?? {};
  const nodesWith = (...steps: string[]): ReadonlySet<string> => {
    const own = graph.filter((_, index) => nodeAt(tree, 'orchestration', 'graph', index, ...steps));
    return new Set(own.map(({ id }) => id));
  };
  const never = nodesWith('retry', 'non_retryable_errors');
  const again = [...nodesWith('retry', 'retryable_errors')];
  return {
    onFailure: nodesWith('on_failure'),
    onlyRetryable: new Set(again.filter((id) => !never.has(id))),
    onError: there('execution', 'on_error'),
    timeoutTotal: there('execution', 'timeout_total'),
    timeoutIdle: there('execution', 'timeout_idle'),
    wallTime: there('run_budget', 'max_wall_time'),
    agentRuns: there('run_budget', 'max_agent_runs'),
  };
}

/** Reads what the agents of a workflow are made of, besides what the parser has read. */
export class AgentReader {
  readonly #files: WorkflowFiles;
  /** Absolute path of the workflow's folder. */
  readonly #folder: string;
  readonly #workflow: Workflow;

  constructor(folder: string, files: Files, workflow: Workflow) {
    this.#folder = folder;
    this.#files = folderFiles(files, folder);
    this.#workflow = workflow;
  }

  /** An agent without errors. Throws `spec/invalid` for steps that cannot be run. */
  async agent(document: AgentDocument): Promise<AgentSource | undefined> {
    const { folder, value, tree, contract } = document;
    if (!value) return undefined;
    const strategy = below(folder, value.runtime?.strategy_folder ?? 'workflow');
    const system = await this.#system(document, strategy);
    const user = await this.#user(value.prompt.user_template, [folder, strategy]);
    const fragments = await this.#fragments(value.prompt.additional, { folder, strategy });
    const fieldNotes = await this.#fieldNotes(value.output?.schema_description, {
      folder,
      strategy,
    });
    const preprocessors = await this.#preprocessors(document, { folder, strategy });
    const module = await this.#module(folder);
    if (module !== undefined && preprocessors.length > 0) {
      const hint = 'let the code prepare what it is given, and take preprocessor out';
      throw wrongAt(placesOf(tree)('preprocessor'), 'an agent that is code has none', hint);
    }
    const written = contract && contract.kind === 'map' ? plainValue(contract) : undefined;
    const parts = {
      ...{ folder, value, system, user, fragments, fieldNotes, preprocessors, module },
      parameters: parametersIn(tree),
      callSeconds: numberAt(tree, 'capabilities', 'tools', 'timeout_per_call'),
      contract: isObject(written) ? written : undefined,
      contractForm: contract && contractForm(contract),
      checks: nodeAt(tree, 'output', 'validation') !== undefined,
    };
    const code = module === undefined ? '' : ((await this.#text(module)) ?? '');
    // Without the folder's own path: a copy of it is the same agent.
    const made = JSON.stringify([document.source.text, parts, code]);
    return {
      ...parts,
      skills: workflowSkills(this.#folder, document),
      module: module === undefined ? undefined : join(this.#folder, module),
      hash: sha256(made),
    };
  }

  /** The text that `prompt.system` names, else that of the usual place. */
  async #system({ systemPrompt = '' }: AgentDocument, strategy: string): Promise<string> {
    if (systemPrompt.trim() !== '') return systemPrompt;
    return (await this.#text(`${strategy}/instructions/SYSTEM_PROMPT.md`)) ?? '';
  }

  /** A text on one line without braces is the name of a file; anything else is the text itself. */
  async #user(
    template: string | undefined,
    folders: readonly string[],
  ): Promise<string | undefined> {
    if (template === undefined || template === '') return undefined;
    if (/[\n{}]/.test(template)) return template;
    return (await this.#first(template, folders))?.text;
  }

  /** Texts of `workflow/prompt/` in the order of their names, then the files that are named. */
  async #fragments(
    additional: readonly string[],
    { folder, strategy }: Folders,
  ): Promise<PlanAgent['prompt']['fragments']> {
    const names = await this.#files.list(`${strategy}/prompt`);
    const usual = names.filter((name) => /\.(?:md|txt)$/i.test(name)).sort();
    const found = new Map<string, string>();
    for (const name of usual) {
      const path = `${strategy}/prompt/${name}`;
      const text = await this.#text(path);
      if (text !== undefined) found.set(path, text);
    }
    for (const name of additional) {
      const file = await this.#first(name, [strategy, folder]);
      if (file) found.set(file.path, file.text);
    }
    const inside = (path: string): string =>
      path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
    return [...found].map(([path, text]) => ({ path: inside(path), text }));
  }

  /** The file that describes the fields of the answer, else those of the usual folder. */
  async #fieldNotes(
    named: string | undefined,
    { folder, strategy }: Folders,
  ): Promise<string | undefined> {
    if (named !== undefined && /[\n{}]/.test(named)) return named;
    if (named !== undefined) return (await this.#first(named, [folder, strategy]))?.text;
    const usual = `${strategy}/output_schema_desc`;
    const texts: string[] = [];
    for (const name of await this.#files.list(usual)) {
      const text = /\.(?:json|md|txt)$/i.test(name) ? await this.#text(`${usual}/${name}`) : '';
      if (text) texts.push(text.trim());
    }
    return texts.length > 0 ? texts.join('\n\n') : undefined;
  }

  /** Code of its own: `agent.ts` or `agent.js`, from the root of the workflow. */
  async #module(folder: string): Promise<string | undefined> {
    for (const name of ['agent.ts', 'agent.mts', 'agent.js', 'agent.mjs']) {
      const path = below(folder, name);
      if ((await this.#files.info(path))?.kind === 'file') return path;
    }
    return undefined;
  }

  /** Programs of `preprocessor.steps`; without steps the file that is called like the pipeline. */
  async #preprocessors(
    { value, tree }: AgentDocument,
    { folder, strategy }: Folders,
  ): Promise<PlanAgent['preprocessors']> {
    const { enabled = false, pipeline = 'default', steps = [] } = value?.preprocessor ?? {};
    if (!enabled) return [];
    const usual = pipeline === 'default' ? 'preprocessor' : pipeline;
    const programs: PlanAgent['preprocessors'][number][] = [];
    const all: readonly Json[] = steps.length > 0 ? steps : [usual];
    for (const [index, step] of all.entries()) {
      const name = fileOf(step);
      const found =
        name === undefined ? undefined : await this.#program(name, { folder, strategy });
      const at = placesOf(tree)('preprocessor', 'steps', index);
      if (!found) {
        const hint = 'name a file in the folder of the agent: clean.py, clean.js or clean.ts';
        throw wrongAt(at, `there is no program ${name ?? JSON.stringify(step)}`, hint);
      }
      const language = languageNamed(/\.(\w+)$/.exec(found.path)?.[1] ?? '');
      if (language === undefined || language === 'shell') {
        throw wrongAt(at, `${found.path} is no program`, 'it ends in .py, .js or .ts');
      }
      programs.push({ name: found.path, language, code: found.text });
    }
    return programs;
  }

  /** A program by its file, or by its name without an ending. */
  async #program(name: string, { folder, strategy }: Folders): Promise<TextFile | undefined> {
    const folders = [folder, strategy, `${strategy}/preprocessor`];
    const endings = /\.\w+$/.test(name) ? [''] : ['.py', '.ts', '.js', '.mjs'];
    for (const ending of endings) {
      const found = await this.#first(`${name}${ending}`, folders);
      if (found) return found;
    }
    return undefined;
  }

  async #first(name: string, folders: readonly string[]): Promise<TextFile | undefined> {
    for (const folder of folders) {
      const resolved = resolvePath(folder, name);
      if ('problem' in resolved) continue;
      const { path } = resolved;
      const text = this.#workflow.texts.get(path)?.text ?? (await this.#text(path));
      if (text !== undefined) return { path, text };
    }
    return undefined;
  }

  /** The text of a file; undefined when there is none. Throws `spec/invalid` for what is no text. */
  async #text(path: string): Promise<string | undefined> {
    if ((await this.#files.info(path))?.kind !== 'file') return undefined;
    const bytes = await this.#files.readBytes(path, MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) throw unreadable(path, 'it is larger than 1 MiB');
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw unreadable(path, 'it is not UTF-8');
    }
  }
}

/** Where the files of an agent are, from the root of the workflow. */
interface Folders {
  folder: string;
  /** `workflow/` in its folder. */
  strategy: string;
}

interface TextFile {
  path: string;
  text: string;
}

function unreadable(path: string, why: string): AwpError {
  return new AwpError('spec/invalid', `${path} cannot be used: ${why}`, {
    hint: 'shorten it, or save it as a text in UTF-8',
  });
}

/** The file of a step: its text, or the field that names it. */
function fileOf(step: Json): string | undefined {
  if (typeof step === 'string') return step === '' ? undefined : step;
  if (!isObject(step)) return undefined;
  const { file, path, script, module, name } = step as JsonObject;
  return [file, path, script, module, name].find((one) => typeof one === 'string');
}

function numberAt(tree: YamlMap, ...steps: string[]): number | undefined {
  const value = scalarAt(tree, ...steps)?.value;
  return typeof value === 'number' ? value : undefined;
}

/** Settings of the model that the file itself has: defaults of the workflow stand in for others. */
function parametersIn(tree: YamlMap): AgentSource['parameters'] {
  const at = (name: string): number | undefined => numberAt(tree, 'model', 'parameters', name);
  const temperature = at('temperature');
  const maxTokens = at('max_tokens');
  const topP = at('top_p');
  return {
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(topP !== undefined && { topP }),
  };
}
