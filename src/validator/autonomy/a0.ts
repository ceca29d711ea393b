import { nodeAt, scalarAt, textAt } from '../../base/yaml-node.ts';
import { SEMVER } from '../../models/common.ts';
import { agentFolder, type Workflow } from '../../models/workflow.ts';
import { graphOf, loopsOf, managersOf, placeIn } from '../view.ts';
import { at, hasLoop, isWritten, unless } from './facts.ts';
import type { Requirement, Shortfall } from './requirement.ts';

const AGENT_FIELDS = [['awp_agent'], ['identity'], ['prompt', 'system']];

/** A0, prescribed: who does what is written down. */
export const a0: readonly Requirement[] = [
  {
    id: 'A0-1',
    level: 'A0',
    force: 'must',
    text: 'a manifest with a valid `awp` field',
    check: (workflow) => {
      const awp = textAt(workflow.manifest?.tree, 'awp') ?? '';
      return unless(SEMVER.test(awp) || awp === '1.0', () => ({
        at: at(workflow, 'awp'),
        message: 'there is no valid `awp` field',
        help: 'write `awp: "1.0.0"`',
      }));
    },
  },
  {
    id: 'A0-2',
    level: 'A0',
    force: 'must',
    text: '`workflow.name`, `version` and `description`',
    check: (workflow) =>
      ['name', 'version', 'description']
        .filter((name) => !isWritten(workflow, 'workflow', name))
        .map((name) => ({
          at: at(workflow, 'workflow'),
          message: `\`workflow.${name}\` is missing`,
          help: `add \`${name}\` to \`workflow\``,
        })),
  },
  {
    id: 'A0-3',
    level: 'A0',
    force: 'must',
    text: 'an orchestration with at least one node, or a delegation loop',
    check: (workflow) =>
      unless(hasLoop(workflow) || graphOf(workflow).length > 0, () => ({
        at: at(workflow, 'orchestration', 'graph'),
        message: 'nothing is to be done: there is no node and no delegation loop',
        help: 'add a node to `orchestration.graph`, or `engine: delegation_loop`',
      })),
  },
  {
    id: 'A0-4',
    level: 'A0',
    force: 'must',
    text: 'every agent has `awp_agent`, `identity`, a model, `prompt.system` and `output.format`',
    check: (workflow) => [
      ...absentAgents(workflow),
      ...[...workflow.agents.keys()].flatMap((folder) => gaps(workflow, folder)),
    ],
    advise: agentsWithoutModel,
  },
  {
    id: 'A0-5',
    level: 'A0',
    force: 'must',
    text: 'every agent has an output contract',
    check: (workflow) => {
      const managers = managersOf(workflow);
      const without = [...workflow.agents].filter(
        ([folder, { contract }]) => !contract && !managers.has(folder),
      );
      return without.map(([, agent]) => ({
        at: placeIn(agent, 'output'),
        message: 'the agent has no output contract',
        help: 'add `output.contract`',
      }));
    },
  },
  {
    id: 'A0-6',
    level: 'A0',
    force: 'must',
    text: 'the graph is static',
    check: () => [], // a graph is written down and never changes here
  },
];

/** Nodes whose agent has no file; of a manifest alone nothing is known (R8). */
function absentAgents(workflow: Workflow): Shortfall[] {
  const { whole, agents } = workflow;
  return graphOf(workflow)
    .filter(({ kind, folder }) => whole && kind === 'agent' && !agents.has(folder))
    .map(({ node, at: id, folder }) => ({
      at: scalarAt(node, 'agent') ?? id,
      message: `there is no \`${folder}/agent.awp.yaml\``,
      help: 'make the folder, or name another agent',
    }));
}

function gaps(workflow: Workflow, folder: string): Shortfall[] {
  const agent = workflow.agents.get(folder);
  if (!agent) return [];
  const missing = AGENT_FIELDS.filter((path) => !nodeAt(agent.tree, ...path));
  const manager = managersOf(workflow).has(folder);
  if (!manager && !nodeAt(agent.tree, 'output', 'format')) missing.push(['output', 'format']);
  return missing.map((path) => ({
    at: placeIn(agent, ...path),
    message: `\`${path.join('.')}\` is missing`,
    help: `add \`${path.join('.')}\``,
  }));
}

/** Agents that name no model and get that of the workflow or the environment. */
function agentsWithoutModel(workflow: Workflow): Shortfall[] {
  const fallback = textAt(workflow.manifest?.tree, 'workflow', 'settings', 'llm', 'default_model');
  const from =
    fallback === undefined ? 'the environment (`LLM_MODEL`)' : `the workflow (\`${fallback}\`)`;
  // A manager has the model of its loop.
  const led = loopsOf(workflow).filter(({ loop }) => textAt(loop, 'models', 'manager'));
  const managers = led.map(({ loop }) => agentFolder(textAt(loop, 'manager') ?? ''));
  return [...workflow.agents]
    .filter(([folder, { tree }]) => !textAt(tree, 'model', 'name') && !managers.includes(folder))
    .map(([, agent]) => ({
      at: placeIn(agent, 'model'),
      message: `the agent names no model; it has that of ${from}`,
      help: 'add `model: { name: … }`',
    }));
}
