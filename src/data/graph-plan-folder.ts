import { relative } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { Manifest } from '../models/manifest.ts';
import type { Workflow } from '../models/workflow.ts';
import { below } from '../parser/resolve-path.ts';
import type { Files } from '../ports/effects.ts';
import { AgentReader, writtenIn } from './graph-plan-read.ts';
import {
  type AgentSource,
  type GraphSource,
  NOTHING_WRITTEN,
  type NodeModel,
  placesOf,
  wrongAt,
} from './graph-plan-source.ts';
import { MAX_DEPTH, MAX_SUBWORKFLOWS, TOO_MANY } from './subworkflow-limits.ts';

/** A workflow folder without errors. */
export interface CheckedFolder {
  workflow: Workflow;
  /** Absolute path. */
  folder: string;
  manifest: Manifest;
}

/** How the folders of a workflow and of its sub-workflows are read. */
export interface FolderReading {
  files: Files;
  /**
   * Reads and checks the folder of a sub-workflow, or its manifest, by itself. Throws
   * `spec/no-workflow`, and `spec/invalid` with the findings.
   */
  open(path: string): Promise<CheckedFolder>;
}

/**
 * Everything that the plan of a graph is made of, with its sub-workflows inside of it. Throws
 * `spec/recursive-workflow` for one that includes itself, `spec/invalid`, `spec/no-workflow`.
 */
export function readGraph(folder: CheckedFolder, reading: FolderReading): Promise<GraphSource> {
  return new GraphReader(reading).read(folder, []);
}

class GraphReader {
  readonly #reading: FolderReading;
  #count = 0;

  constructor(reading: FolderReading) {
    this.#reading = reading;
  }

  /** `above` are the folders around it, outermost first. */
  async read(
    { workflow, folder, manifest: read }: CheckedFolder,
    above: readonly string[],
  ): Promise<GraphSource> {
    const manifest = asGraph(read);
    const tree = workflow.manifest?.tree;
    const placeOf = placesOf(tree, prefixOf(folder, above));
    const reader = new AgentReader(folder, this.#reading.files, workflow);
    const agents = new Map<string, AgentSource>();
    for (const [path, document] of workflow.agents) {
      const agent = await reader.agent(document);
      if (agent) agents.set(path, agent);
    }
    const subworkflows = new Map<string, GraphSource>();
    for (const [index, node] of (manifest.orchestration?.graph ?? []).entries()) {
      const path = pathOf(node, manifest);
      if (path === undefined) {
        if (node.type !== 'subworkflow') continue;
        const at = placeOf('orchestration', 'graph', index);
        throw wrongAt(at, 'a sub-workflow is not named', 'add subworkflow: FOLDER');
      }
      const at = placeOf('orchestration', 'graph', index, 'subworkflow');
      subworkflows.set(node.id, await this.#sub(below(folder, path), at, [...above, folder]));
    }
    const written = tree ? writtenIn(tree, manifest) : NOTHING_WRITTEN;
    return { folder, manifest, written, agents, subworkflows, placeOf };
  }

  async #sub(path: string, at: string, above: readonly string[]): Promise<GraphSource> {
    this.#count += 1;
    if (above.length > MAX_DEPTH || this.#count > MAX_SUBWORKFLOWS) {
      throw wrongAt(at, TOO_MANY, 'put parts of them into one workflow');
    }
    const sub = await this.#reading.open(path).catch((error: unknown) => {
      throw located(error, at);
    });
    if (above.includes(sub.folder)) {
      throw new AwpError('spec/recursive-workflow', `${at}: the workflow includes itself`, {
        hint: `it is inside of itself by way of ${[...above, sub.folder].map(lastPart).join(' > ')}`,
      });
    }
    return this.read(sub, above);
  }
}

/** What its files are called in the whole workflow: `sub/`. */
function prefixOf(folder: string, [root = folder]: readonly string[]): string {
  const path = relative(root, folder).replaceAll('\\', '/');
  return path === '' ? '' : `${path}/`;
}

/** Errors of a sub-workflow say where they are, or which node names it. */
function located(error: unknown, at: string): unknown {
  if (!(error instanceof AwpError) || error.family !== 'spec' || error.findings) return error;
  const { code, message, hint } = error;
  return new AwpError(code as `spec/${string}`, `${at}: ${message}`, {
    ...(hint !== undefined && { hint }),
  });
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder of the workflow that a node runs, from the folder of the manifest. */
function pathOf({ subworkflow }: NodeModel, { orchestration }: Manifest): string | undefined {
  if (subworkflow === undefined || subworkflow === '') return undefined;
  const named = orchestration?.subworkflows.find(({ name }) => name === subworkflow);
  return (named?.ref ?? subworkflow).replace(/^(?:\.\/)+|\/+$/g, '');
}

/** A delegation loop that is a sub-workflow is a graph whose only node is that loop. */
function asGraph(manifest: Manifest): Manifest {
  const { orchestration } = manifest;
  if (orchestration?.engine !== 'delegation_loop') return manifest;
  const loop: NodeModel = {
    id: 'loop',
    description: manifest.workflow.description ?? '',
    enabled: true,
    depends_on: [],
    share_output: [],
    on_failure: 'stop',
    type: 'delegation_loop',
    ...(orchestration.delegation_loop && { config: orchestration.delegation_loop }),
  };
  return { ...manifest, orchestration: { ...orchestration, engine: 'dag', graph: [loop] } };
}
