import type { Diagnostic } from '../base/diagnostic.ts';
import type { SourceFile } from '../base/source-file.ts';
import type { YamlMap } from '../base/yaml-node.ts';
import { manifestSchema } from '../models/manifest.ts';
import type { AgentDocument, FoundTool, ManifestDocument, Workflow } from '../models/workflow.ts';
import type { WorkflowFiles } from '../ports/workflow-files.ts';
import { readExpressions } from './expressions.ts';
import { S } from './field-codes.ts';
import { readToolFiles } from './module-tools-files.ts';
import { checkPromotedTools } from './promoted-tools.ts';
import { agentOf, readAgents } from './read-agents.ts';
import { Reading, startOf } from './reading.ts';
import { checkManifestFiles, readSkills, variableNames } from './references.ts';
import { checkTemplates } from './templates.ts';

/** Name of the manifest. */
const MANIFEST = 'workflow.awp.yaml';

/** A workflow as it was read, and what is wrong with it. */
export interface ParsedWorkflow {
  workflow: Workflow;
  diagnostics: Diagnostic[];
  /** Texts of all files that diagnostics can be about, by path. */
  sources: ReadonlyMap<string, SourceFile>;
}

/** What is to be read. */
export interface ParseOptions {
  /** Only this file, a manifest or an agent: the rest of the folder is not looked for. */
  file?: string;
}

/**
 * Reads a workflow folder, in every dialect, with the places of all values. Nothing of it is
 * executed or fetched; bad content is in the diagnostics (Y, S, X, D) and never thrown.
 */
export async function parseWorkflow(
  files: WorkflowFiles,
  { file }: ParseOptions = {},
): Promise<ParsedWorkflow> {
  const reading = new Reading(files, file === undefined);
  if (file !== undefined) return parseFile(file, reading);
  const manifest = await readManifest(reading);
  const agents = await readAgents(manifest?.tree, reading);
  await readSkills(reading);
  await checkPromotedTools(manifest?.tree, reading);
  const foundTools = manifest ? await readToolFiles(manifest.tree, reading) : [];
  return finished(reading, { manifest, agents, foundTools });
}

async function readManifest(reading: Reading): Promise<ManifestDocument | undefined> {
  if ((await reading.files.info(MANIFEST)) === undefined) {
    const other = await otherName(reading.files);
    reading.report(S.noWorkflow, {
      at: startOf(MANIFEST),
      message: `there is no \`${MANIFEST}\` here`,
      help:
        other === undefined
          ? 'name a folder with a workflow, or make one: awp init'
          : `rename \`${other}\``,
    });
    return undefined;
  }
  const document = await reading.document(MANIFEST, { schema: manifestSchema, scope: 'workflow' });
  if (document) await checkManifestFiles(document.tree, reading);
  return document;
}

/** A file that may have been meant. */
async function otherName(files: WorkflowFiles): Promise<string | undefined> {
  const names = await files.list('');
  return names.find((name) => /^workflow(\.awp)?\.ya?ml$/i.test(name));
}

/** A manifest or an agent alone, told apart by `awp` and `awp_agent`. */
async function parseFile(path: string, reading: Reading): Promise<ParsedWorkflow> {
  const raw = await reading.tree(path, startOf(path));
  if (raw === undefined) return finished(reading, {});
  if (raw.kind === 'map' && isAgent(raw, path)) {
    const slash = path.lastIndexOf('/');
    const folder = slash === -1 ? '' : path.slice(0, slash);
    const agent = await agentOf(raw, path, { folder, manifest: undefined, reading });
    return finished(reading, { agents: new Map(agent ? [[folder, agent]] : []) });
  }
  const document = reading.documentOf(raw, { schema: manifestSchema, scope: 'workflow' });
  return finished(reading, { manifest: document });
}

function isAgent(raw: YamlMap, path: string): boolean {
  const named = /(^|\/)agent(\.awp)?\.ya?ml$/.test(path);
  if (raw.entries.has('awp') && !named) return false;
  return raw.entries.has('awp_agent') || named;
}

interface Parts {
  manifest?: ManifestDocument | undefined;
  agents?: ReadonlyMap<string, AgentDocument>;
  foundTools?: readonly FoundTool[];
}

function finished(
  reading: Reading,
  { manifest, agents = new Map(), foundTools = [] }: Parts,
): ParsedWorkflow {
  const { files, whole, texts, unreadAgents, diagnostics } = reading;
  const expressions = manifest ? readExpressions(manifest.tree, reading) : [];
  if (manifest) checkTemplates(manifest.tree, variableNames(manifest.tree, manifest.tree), reading);
  const workflow = {
    folderName: whole ? files.name : undefined,
    whole,
    manifest,
    agents,
    unreadAgents,
    texts,
    expressions,
    foundTools,
  };
  return { workflow, diagnostics, sources: new Map([...texts, ...reading.sources]) };
}
