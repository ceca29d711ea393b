import type { ZodType } from 'zod';
import { isObject, type JsonObject } from '../base/json.ts';
import type {
  LoopPlan,
  PlanInput,
  PlanManager,
  PlanSkill,
  PlanWorker,
  SandboxPolicy,
} from '../events/plan.ts';
import { broughtBy, toolPatterns } from './brought.ts';
import { type Creating, creationOption } from './creation-options.ts';
import { modelOptions } from './model-options.ts';
import { isZod, limitsOf, sandboxOptions, type WorkflowOptions } from './options.ts';
import { policyOption } from './policy-options.ts';
import { allPackages } from './sandbox-options.ts';
import { planSubmanagers } from './submanager-agents.ts';
import { toolRules } from './tool-options.ts';

/** Tools that nobody gets unless a workflow says otherwise (spec, surfaces 1.1). */
export const FORBIDDEN_TOOLS = ['file.write_outside_workspace'];
/** Tools that ship and that workers get by default. */
const TOOLS = ['code.*', 'file.*', 'arithmetic.*', 'data.*', 'chart.*'];
const CONTROLS = [
  ...['instructions', 'skills', 'tools_allowed', 'output_contract', 'temperature'],
  'codemode.enabled',
];

/** What a manager chooses besides where tools may be made. */
const CREATES = 'codemode.tool_creation';

const SANDBOX: SandboxPolicy = {
  minimum: 'boundary',
  timeoutMs: 60_000,
  memoryMb: 1024,
  cpuSeconds: 30,
  processes: 64,
  outputChars: 50_000,
  filesBytes: 128 * 1024 * 1024,
  fileBytes: 64 * 1024 * 1024,
  files: 200,
  openFiles: 512,
  toolCalls: 1000,
  hosts: [],
  packages: { python: [], javascript: [] },
  session: 'fresh',
  languages: [],
};

/** What a plan needs besides the options. */
export interface Resolved {
  managerModel: string;
  workerModel: string;
  simulated: boolean;
  inputs: readonly PlanInput[];
  /** Skills that are in place. */
  skills?: readonly PlanSkill[];
  /** The JSON Schema of the typed output. */
  output: JsonObject | undefined;
}

/** Options → plan: all defaults filled in, all units in names. */
export function makePlan(options: WorkflowOptions, resolved: Resolved): LoopPlan {
  const { temperature = 0.2, maxOutputTokens = 8192, stall } = options;
  const settings = { temperature, maxOutputTokens };
  const { output, skills = [] } = resolved;
  const brought = broughtBy(options);
  const manager = managerOf(options, settings, resolved);
  const instead = options.model === undefined ? undefined : manager.model;
  const creating = creationOption(options.dynamicTools);
  const submanagers = planSubmanagers(options.submanagerAgents, manager, instead);
  return {
    version: 1,
    engine: 'delegation_loop',
    name: options.name ?? 'task',
    task: options.task,
    limits: limitsOf(options),
    durability: options.durability ?? 'full',
    inputs: resolved.inputs,
    manager,
    ...(submanagers && { submanagers }),
    worker: workerOf(options, settings, { ...resolved, creating }),
    sandbox: sandboxPolicy(options.sandbox, options.packages),
    ...(creating && { creation: creating.creation }),
    ...toolRules(options),
    ...(skills.length > 0 && { skills }),
    ...(brought && { brought }),
    stall: { enabled: stall?.enabled ?? true, window: stall?.window ?? 3 },
    ...policyPart(options),
    ...(output && { output }),
    simulated: resolved.simulated,
    ...(options.workflowHash !== undefined && { workflowHash: options.workflowHash }),
  };
}

function workerOf(
  options: WorkflowOptions,
  settings: { temperature: number; maxOutputTokens: number },
  { workerModel, creating }: Resolved & { creating: Creating | undefined },
): PlanWorker {
  return {
    ...settings,
    model: workerModel,
    ...modelOptions(options, 'worker'),
    tools: toolPatterns(options) ?? TOOLS,
    denied: [...FORBIDDEN_TOOLS, ...(options.forbiddenTools ?? [])],
    managerControls: options.managerControls ?? [...CONTROLS, ...(creating ? [CREATES] : [])],
    ...{ toolRounds: 15, repairs: 1, attempts: 5 },
    ...(creating && { making: creating.making }),
  };
}

function managerOf(
  options: WorkflowOptions,
  settings: { temperature: number; maxOutputTokens: number },
  { managerModel }: Resolved,
): PlanManager {
  return {
    ...settings,
    model: managerModel,
    ...modelOptions(options, 'manager'),
    temperature: options.managerTemperature ?? settings.temperature,
    maxOutputTokens: options.managerMaxOutputTokens ?? settings.maxOutputTokens,
    fullTurns: options.fullTurns ?? 3,
    corrections: 2,
    ...(options.managerInstructions !== undefined && {
      instructions: options.managerInstructions,
    }),
  };
}

function policyPart({ policy }: WorkflowOptions): Pick<LoopPlan, 'policy'> {
  const said = policyOption(policy);
  return Object.keys(said).length > 0 ? { policy: said } : {};
}

/** The policy that the options stand for, with its defaults; `packages` are of Python. */
export function sandboxPolicy(
  sandbox?: WorkflowOptions['sandbox'],
  packages: readonly string[] = [],
): SandboxPolicy {
  const given = sandboxOptions(sandbox);
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...SANDBOX, ...Object.fromEntries(set), packages: allPackages(given, packages) };
}

/** The JSON Schema of an `output` option; a zod schema is translated, so zod is loaded only then. */
export async function outputSchema(
  output: WorkflowOptions['output'],
): Promise<JsonObject | undefined> {
  if (output === undefined) return undefined;
  if (!isZod(output)) return output;
  const { toJSONSchema } = await import('zod');
  // The option's type shows only what is needed of a schema; zod checks the rest itself.
  const schema: unknown = toJSONSchema(output as unknown as ZodType);
  return isObject(schema) ? schema : undefined;
}
