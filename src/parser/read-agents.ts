import {
  itemsAt,
  nodeAt,
  scalarAt,
  textAt,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../base/yaml-node.ts';
import { agentSchema } from '../models/agent.ts';
import { type AgentDocument, agentFolder } from '../models/workflow.ts';
import { S } from './field-codes.ts';
import { type Reading, startOf } from './reading.ts';
import { checkAgentFiles, variableNames } from './references.ts';
import { below } from './resolve-path.ts';
import { checkPrompt, checkTemplates } from './templates.ts';

/** Most agents of one workflow. */
const MAX_AGENTS = 1000;
/** Names of an agent's file, the standard's first. */
const FILES = ['agent.awp.yaml', 'agent.yaml'];
const D5 = { code: 'D5', severity: 'info' } as const;

/** All agents below `agents/`, and those elsewhere that the manifest names, by folder. */
export async function readAgents(
  manifest: YamlMap | undefined,
  reading: Reading,
): Promise<Map<string, AgentDocument>> {
  const agents = new Map<string, AgentDocument>();
  for (const [index, folder] of (await agentFolders(manifest, reading)).entries()) {
    const file = index < MAX_AGENTS ? await agentFile(folder, reading) : undefined;
    const agent =
      file === undefined ? undefined : await readAgent(file, { folder, manifest, reading });
    if (agent) agents.set(folder, agent);
    else if (file !== undefined || index >= MAX_AGENTS) reading.unreadAgents.add(folder);
  }
  return agents;
}

async function agentFolders(manifest: YamlMap | undefined, reading: Reading): Promise<string[]> {
  const folders = new Set<string>();
  for (const name of await reading.list('agents')) folders.add(`agents/${name}`);
  for (const at of referencesIn(manifest)) {
    const folder = agentFolder(String(at.value));
    const path = reading.resolve({ at, folder: '', path: folder });
    if (path === undefined) reading.unreadAgents.add(folder);
    else if (path !== '') folders.add(path);
  }
  if (folders.size > MAX_AGENTS) {
    const message = `there are ${folders.size} agents; more than ${MAX_AGENTS.toLocaleString('en')} are not read`;
    const help = 'split the workflow into sub-workflows';
    reading.report(S.large, { at: startOf('agents'), message, help });
  }
  return [...folders];
}

/** Where a manifest names agents: nodes, managers, templates of instances, those who take over. */
function referencesIn(manifest: YamlMap | undefined): YamlScalar[] {
  const found: (YamlScalar | undefined)[] = [
    scalarAt(manifest, 'orchestration', 'delegation_loop', 'manager'),
  ];
  for (const node of itemsAt(manifest, 'orchestration', 'graph')) {
    found.push(
      scalarAt(node, 'agent'),
      scalarAt(node, 'config', 'manager'),
      scalarAt(node, 'fan_out', 'agent_template'),
    );
  }
  return found.filter((at) => typeof at?.value === 'string' && at.value !== '') as YamlScalar[];
}

async function agentFile(folder: string, reading: Reading): Promise<string | undefined> {
  for (const name of FILES) {
    const path = below(folder, name);
    if (await reading.files.info(path)) return path;
  }
  return undefined;
}

interface AgentContext {
  folder: string;
  manifest: YamlMap | undefined;
  reading: Reading;
}

/** One agent: its file, its contract and its prompts. */
async function readAgent(
  path: string,
  { folder, manifest, reading }: AgentContext,
): Promise<AgentDocument | undefined> {
  const raw = await reading.tree(path, startOf(path));
  return raw && agentOf(raw, path, { folder, manifest, reading });
}

/** An agent whose file was read already. */
export async function agentOf(
  raw: YamlNode,
  path: string,
  { folder, manifest, reading }: AgentContext,
): Promise<AgentDocument | undefined> {
  const document = reading.documentOf(raw, { schema: agentSchema, scope: 'agent' });
  if (!document) return undefined;
  const { tree } = document;
  if (!path.endsWith('agent.awp.yaml') && path.endsWith('agent.yaml')) {
    const help = 'rename the file to `agent.awp.yaml`';
    reading.report(D5, {
      at: { ...tree, to: tree.from },
      message: '`agent.yaml` is the older name',
      help,
    });
  }
  const names = variableNames(tree, manifest);
  checkTemplates(tree, names, reading);
  await checkAgentFiles(tree, folder, reading);
  await tellOfPython(tree, folder, reading);
  const systemPrompt = await readSystemPrompt(tree, { folder, names, reading });
  return { ...document, folder, contract: await readContract(tree, folder, reading), systemPrompt };
}

/** Code for Python runtimes is not loaded, unless a step of the agent runs it in the sandbox. */
async function tellOfPython(tree: YamlMap, folder: string, reading: Reading): Promise<void> {
  const names = folder === '' ? [] : await reading.files.list(folder);
  if (!names.includes('agent.py') || names.some((name) => /^agent\.m?[jt]s$/.test(name))) return;
  const steps = itemsAt(tree, 'preprocessor', 'steps');
  const runsIt = steps.some(
    (step) => textAt(step) === 'agent.py' || textAt(step, 'file') === 'agent.py',
  );
  if (runsIt) return;
  reading.report(S.pythonAgent, {
    at: startOf(below(folder, 'agent.py')),
    message: '`agent.py` is not run: the agent works as its `agent.awp.yaml` says',
    help: 'nothing needs to be done; code of its own is an `agent.ts` or `agent.js`',
  });
}

/** `prompt.system` is a file of the agent's folder, or the text itself. */
async function readSystemPrompt(
  tree: YamlMap,
  { folder, names, reading }: { folder: string; names: readonly string[]; reading: Reading },
): Promise<string | undefined> {
  const at = scalarAt(tree, 'prompt', 'system');
  if (typeof at?.value !== 'string') return undefined;
  const text = at.value;
  const file = text !== '' && text.length <= 1024 && !text.includes('\n');
  const looksLikeFile = /\.(md|txt)$/i.test(text) && !/\s/.test(text);
  if (!file) return text;
  const there = looksLikeFile ? reading.resolve({ at, folder, path: text }) : below(folder, text);
  if (there === undefined) return undefined;
  const kind = looksLikeFile ? 'file' : (await reading.files.info(there))?.kind;
  if (kind === undefined || kind === 'folder') return text;
  const source = await reading.text({ at, folder, path: text });
  if (source) checkPrompt(source, names, reading);
  return source?.text;
}

/** The contract where it is written: inline, in the file that it names, or at its usual place. */
async function readContract(
  tree: YamlMap,
  folder: string,
  reading: Reading,
): Promise<YamlNode | undefined> {
  const inline = nodeAt(tree, 'output', 'contract');
  if (inline && inline.kind !== 'scalar') return inline;
  const named = inline ?? scalarAt(tree, 'output', 'schema');
  if (named) {
    if (typeof named.value !== 'string') return named.value === null ? undefined : named;
    const path = reading.resolve({ at: named, folder, path: named.value });
    return path === undefined ? undefined : reading.tree(path, named);
  }
  const strategy = textAt(tree, 'runtime', 'strategy_folder') ?? 'workflow';
  const usual = below(folder, `${strategy}/output_schema/output_schema.json`);
  const at = startOf(usual);
  return (await reading.kindAt(usual, at)) === 'file' ? reading.tree(usual, at) : undefined;
}
