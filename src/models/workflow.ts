import type { Diagnostic } from '../base/diagnostic.ts';
import type { Expression } from '../base/expression/expression.ts';
import type { SourceFile } from '../base/source-file.ts';
import type { Place, YamlMap, YamlNode, YamlScalar } from '../base/yaml-node.ts';
import type { Agent } from './agent.ts';
import type { Manifest } from './manifest.ts';

/** A file of a workflow: as it was written, and in the names of the standard. */
export interface WorkflowDocument {
  source: SourceFile;
  /** The tree as written. */
  raw: YamlMap;
  /**
   * The tree in the standard's own names: aliases replaced, unknown keys left out, no defaults
   * filled in. Its places are those of the text. Values may have wrong types.
   */
  tree: YamlMap;
  /**
   * What the schema refuses in fields that a rule of the standard speaks of. The rule says it in
   * its own words; what no rule says is said with these, so that nothing is refused in silence.
   */
  leftToRules: readonly Diagnostic[];
}

/** `workflow.awp.yaml`. */
export interface ManifestDocument extends WorkflowDocument {
  /** With defaults; undefined when a field has a wrong type. */
  value: Manifest | undefined;
}

/** `agent.awp.yaml`. */
export interface AgentDocument extends WorkflowDocument {
  /** Folder from the root of the workflow, such as `agents/planner`. */
  folder: string;
  value: Agent | undefined;
  /** `output.contract` or `output.schema`, read from its file when it names one. */
  contract: YamlNode | undefined;
  /** Text of `prompt.system`, read from its file when it names one. */
  systemPrompt: string | undefined;
}

/** What an expression is for; it decides which names it may use. */
export type ExpressionUse = 'condition' | 'loop' | 'evaluation' | 'reduce' | 'transform';

/** An expression of the manifest that could be read. */
export interface WorkflowExpression {
  at: YamlScalar;
  /** The text, read. */
  expression: Expression;
  use: ExpressionUse;
  /** Id of the graph node that it belongs to, if any. */
  node: string | undefined;
}

/** A tool of the workflow's own, as the text of its file declares it; the file was not run. */
export interface FoundTool {
  /** As it is written, so perhaps no name of a tool. */
  name: string;
  at: Place;
  /** False for a plain function of Python. */
  async: boolean;
}

/** A workflow as it was read: what could be read is there, what could not is in the diagnostics. */
export interface Workflow {
  /** Name of its folder; undefined when only texts were given. */
  folderName: string | undefined;
  /** Whether the whole folder was there to be read, or only one of its files. */
  whole: boolean;
  manifest: ManifestDocument | undefined;
  /** By folder, such as `agents/planner`. */
  agents: ReadonlyMap<string, AgentDocument>;
  /** Folders of agents that are named and could not be read, for reasons in the diagnostics. */
  unreadAgents: ReadonlySet<string>;
  /** Texts that it refers to (prompts, skills), by path from the root. */
  texts: ReadonlyMap<string, SourceFile>;
  expressions: readonly WorkflowExpression[];
  /** Tools of its own files, unless it says that they are not to be discovered. */
  foundTools: readonly FoundTool[];
}

/** Folder of the agent that a graph node or a manager names: `planner` is `agents/planner`. */
export function agentFolder(reference: string): string {
  const parts: string[] = [];
  for (const part of reference.replace(/\/+$/, '').split('/')) {
    if (part === '.' || (part === '' && parts.length > 0)) continue;
    const up = part === '..' && parts.length > 0 && parts.at(-1) !== '..' && parts.at(-1) !== '';
    if (up) parts.pop();
    else parts.push(part);
  }
  const path = parts.join('/');
  return path.includes('/') ? path : `agents/${path}`;
}

/** Name of an agent's folder: `planner` of `agents/planner`. */
export function agentName(folder: string): string {
  return folder.slice(folder.lastIndexOf('/') + 1);
}
