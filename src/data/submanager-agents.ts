import { AwpError } from '../base/errors.ts';
import { isObject } from '../base/json.ts';
import type { PlanManager } from '../events/plan.ts';
import type { Agent } from '../models/agent.ts';
import { agentName } from '../models/workflow.ts';
import type { Reasoning } from '../ports/model-provider.ts';
import { modelOptions } from './model-options.ts';
import { unknownOption } from './unknown-option.ts';

/** An agent that can lead a sub-manager (spec, runtime 5.3); what is left out is as its loop's manager has it. */
export interface SubmanagerAgent {
  /** What it is good for, as managers are told. */
  about?: string;
  /** Put before the instructions of every manager. */
  instructions?: string;
  model?: string;
  /** Models that are asked when the first one cannot, in this order. */
  fallbackModels?: readonly string[];
  /** 0 to 2. */
  temperature?: number;
  /** Most tokens of one answer. */
  maxOutputTokens?: number;
  reasoning?: Reasoning;
  /** Whether a model that cannot be told how much to think is an error; needs `reasoning`. Default false. */
  mustReason?: boolean;
}

/** By name, as the field `submanager_agent` of a delegation has it. */
export type SubmanagerAgents = Readonly<Record<string, SubmanagerAgent>>;

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';

/** What each setting may be, and what is said when it is not. Those of models are checked with them. */
const CHECKS: Readonly<Record<keyof SubmanagerAgent, (value: unknown) => string | undefined>> = {
  about: (value) => (typeof value === 'string' ? undefined : 'a text'),
  instructions: (value) => (typeof value === 'string' ? undefined : 'a text'),
  model: (value) => (isText(value) ? undefined : "a model string, such as 'ollama/qwen3'"),
  fallbackModels: () => undefined,
  temperature: (value) =>
    typeof value === 'number' && value >= 0 && value <= 2 ? undefined : 'a number from 0 to 2',
  maxOutputTokens: (value) =>
    Number.isSafeInteger(value) && Number(value) > 0 ? undefined : 'a number of tokens',
  reasoning: () => undefined,
  mustReason: () => undefined,
};

/** Checks the option. Throws `usage/bad-option`, `usage/unknown-option`. */
export function checkSubmanagerAgents(agents: SubmanagerAgents | undefined): void {
  if (agents === undefined) return;
  if (!isObject(agents)) throw bad('', agents, 'settings by name: { analyst: { model: ... } }');
  for (const [name, agent] of Object.entries(agents)) checkOne(name, agent);
}

function checkOne(name: string, agent: unknown): void {
  if (!isObject(agent)) throw bad(`.${name}`, agent, 'an object with settings');
  for (const [key, value] of Object.entries(agent)) {
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key as keyof SubmanagerAgent] : undefined;
    if (!check) throw unknownOption(`submanagerAgents.${name}.${key}`, Object.keys(CHECKS));
    const wanted = value === undefined ? undefined : check(value);
    if (wanted !== undefined) throw bad(`.${name}.${key}`, value, wanted);
  }
  modelOptions(agent, 'manager');
}

function bad(place: string, value: unknown, wanted: string): AwpError {
  const shown = JSON.stringify(value);
  return new AwpError('usage/bad-option', `submanagerAgents${place} cannot be ${shown}`, {
    hint: `it is ${wanted}`,
  });
}

/**
 * The managers of sub-managers as a plan has them: each as the loop's own but for what it sets itself.
 * `instead` is the model that the run was given, which counts for all.
 */
export function planSubmanagers(
  agents: SubmanagerAgents | undefined,
  manager: PlanManager,
  instead: string | undefined,
): Record<string, PlanManager> | undefined {
  const entries = Object.entries(agents ?? {});
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map(([name, agent]) => [name, planOne(agent, { manager, instead })]),
  );
}

function planOne(
  agent: SubmanagerAgent,
  { manager, instead }: { manager: PlanManager; instead: string | undefined },
): PlanManager {
  const { about, instructions, temperature, maxOutputTokens } = agent;
  const { instructions: _, fallback, reasoning, mustReason, ...usual } = manager;
  const model = instead ?? agent.model;
  // Who names the first model names those behind it, too.
  const behind = {
    ...(fallback && { fallback }),
    ...(reasoning !== undefined && { reasoning }),
    ...(mustReason && { mustReason }),
  };
  return {
    ...usual,
    ...(agent.model === undefined || instead !== undefined ? behind : {}),
    ...(model !== undefined && { model }),
    ...(instead === undefined && modelOptions(agent, 'manager')),
    ...(about !== undefined && { about }),
    ...(instructions !== undefined && { instructions }),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  };
}

/** An agent's folder as it was read. */
interface AgentFolder {
  folder: string;
  value: Agent;
  system: string | undefined;
}

/** Every agent folder of a workflow but that of the loop's own manager; the first of each name. */
export function submanagerFolders(
  agents: readonly AgentFolder[],
  lead: string | undefined,
): { submanagerAgents?: SubmanagerAgents } {
  const found = new Map<string, SubmanagerAgent>();
  for (const { folder, value, system } of agents) {
    const name = agentName(folder);
    if (folder === lead || found.has(name)) continue;
    found.set(name, fromFile(value, system));
  }
  return found.size > 0 ? { submanagerAgents: Object.fromEntries(found) } : {};
}

function fromFile({ identity, model }: Agent, system: string | undefined): SubmanagerAgent {
  const { name = '', parameters, fallback = [], reasoning } = model ?? {};
  const about = identity.description.trim();
  return {
    ...(about !== '' && { about }),
    ...(system !== undefined && { instructions: system }),
    ...(name !== '' && { model: name }),
    ...(fallback.length > 0 && { fallbackModels: fallback }),
    ...(parameters && { temperature: parameters.temperature }),
    ...(parameters?.max_tokens != null && { maxOutputTokens: parameters.max_tokens }),
    ...(reasoning?.enabled && {
      reasoning: reasoning.effort,
      ...(reasoning.force && { mustReason: true }),
    }),
  };
}
