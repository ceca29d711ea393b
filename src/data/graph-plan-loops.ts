import { AwpError } from '../base/errors.ts';
import type { ToolMaking } from '../events/creation.ts';
import type { Limits } from '../events/plan.ts';
import type { PlanLoopNode } from '../events/plan-graph.ts';
import { type DelegationLoop, delegationLoopSchema } from '../models/delegation.ts';
import type { Manifest } from '../models/manifest.ts';
import { agentFolder } from '../models/workflow.ts';
import { loopMaking } from './creation-manifest.ts';
import { criticInstead } from './critic-model.ts';
import { type AgentContext, modelName } from './graph-plan-agents.ts';
import type { AgentSource, GraphSource, NodeModel } from './graph-plan-source.ts';
import { loopOptions } from './loop-options.ts';
import { makePlan } from './make-plan.ts';
import { DEFAULT_LIMITS, limitsOf, type WorkflowOptions } from './options.ts';
import { submanagerFolders } from './submanager-agents.ts';

/** What of its run counts for a loop. */
export interface LoopContext {
  source: GraphSource;
  models: AgentContext['models'];
  /** Options of the whole run: what is forbidden there is forbidden here. */
  options: Pick<WorkflowOptions, 'forbiddenTools' | 'tools'>;
  /** What agents of its graph may make; undefined: nothing. */
  making?: ToolMaking | undefined;
}

/** The loop that a node of type `delegation_loop` is, with all defaults. */
export function loopConfig({ config }: Pick<NodeModel, 'config'>): DelegationLoop {
  return config ?? delegationLoopSchema.parse({});
}

/**
 * A delegation loop as a node (runtime 2.2): its own manager, workers and share of the budget. What
 * its budget leaves out is limited by the run alone. Throws `spec/unsupported`, `spec/invalid` for
 * a box that cannot be had.
 */
export function planLoop(node: NodeModel, context: LoopContext): PlanLoopNode {
  const { source, models, options } = context;
  const { manifest, agents } = source;
  const config = loopConfig(node);
  const lead = config.manager ? agents.get(agentFolder(config.manager)) : undefined;
  const fromLoop = loopOptions(config, {
    envelope: manifest.safety_envelope ?? config.safety_envelope,
    box: lead?.value.capabilities?.sandbox ?? manifest.sandbox,
  });
  const { forbiddenTools = [], tools } = options;
  const all: WorkflowOptions = {
    task: '-',
    ...fromLoop,
    ...(lead && managerOptions(lead, fromLoop)),
    ...submanagerFolders([...agents.values()], lead?.folder),
    ...(models.instead !== undefined && { model: models.instead }),
    ...criticInstead(fromLoop.policy, models.instead),
    forbiddenTools: [...forbiddenTools, ...(fromLoop.forbiddenTools ?? [])],
    ...(tools && { tools }),
    ...(models.instead !== undefined && { fallbackModels: [] }),
  };
  const { manager, worker, stall, policy, submanagers } = makePlan(all, {
    ...modelsOf(all, { models, manifest }),
    ...{ simulated: false, inputs: [], output: undefined },
  });
  const task = node.description.trim();
  const making = loopMaking(context.making, config);
  return {
    ...{ manager, stall },
    worker: { ...worker, ...(making && { making }) },
    ...(policy && { policy }),
    ...(submanagers && { submanagers }),
    ...(task !== '' && { task }),
    limits: limitsOfLoop(fromLoop),
  };
}

/** What the file of a manager says about how it is asked. */
export function managerOptions(
  { value, system }: Pick<AgentSource, 'value'> & { system?: string | undefined },
  {
    managerModel: inLoop,
    fallbackModels,
  }: Pick<WorkflowOptions, 'managerModel' | 'fallbackModels'>,
): Partial<WorkflowOptions> {
  const { name = '', parameters, fallback = [], reasoning } = value.model ?? {};
  const isFirst = name !== '' || inLoop === undefined;
  return {
    // Who names the first model names those behind it, too.
    ...(isFirst &&
      (fallback.length > 0 || fallbackModels) && {
        fallbackModels: { ...fallbackModels, manager: fallback },
      }),
    ...(reasoning?.enabled && {
      reasoning: { manager: reasoning.effort },
      mustReason: reasoning.force,
    }),
    ...(system !== undefined && { managerInstructions: system }),
    ...(name !== '' && { managerModel: name }),
    ...(parameters && { managerTemperature: parameters.temperature }),
    ...(parameters?.max_tokens != null && { managerMaxOutputTokens: parameters.max_tokens }),
  };
}

/** The run's model, else the loop's own, that of the workflow, that of the environment. */
function modelsOf(
  { managerModel, workerModel }: WorkflowOptions,
  context: { models: AgentContext['models']; manifest: Manifest },
): { managerModel: string; workerModel: string } {
  const usual = modelName({}, context);
  const { models } = context;
  const named = (model: WorkflowOptions['model']): string | undefined =>
    models.instead ?? (typeof model === 'string' ? model : undefined);
  const [lead, hand] = [models.manager ?? named(managerModel), models.worker ?? named(workerModel)];
  const manager = lead ?? usual ?? hand;
  const worker = hand ?? usual ?? manager;
  if (manager !== undefined && worker !== undefined)
    return { managerModel: manager, workerModel: worker };
  throw new AwpError('model/none', 'no model was named for a delegation loop', {
    hint: 'name them in its models, with -m (ollama/qwen3, openrouter/...), or set LLM_MODEL',
  });
}

function limitsOfLoop({ budget }: Partial<WorkflowOptions>): Partial<Limits> {
  const { loops, workers, depth, parallel } = DEFAULT_LIMITS;
  return budget ? limitsOf({ task: '-', budget }) : { loops, workers, depth, parallel };
}
