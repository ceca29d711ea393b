import { AwpError } from '../base/errors.ts';
import { namespaceOf, sentName } from '../base/tool-names.ts';
import type { BoxName, Fact } from '../events/event.ts';
import type { ModelSettings, Plan, SandboxPolicy } from '../events/plan.ts';
import type { PlanAgent } from '../events/plan-graph.ts';
import type { Host } from '../ports/host.ts';
import type { ResolvedModel } from '../ports/model-provider.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import type { OpenedTools, Tool, ToolOpener } from '../ports/tool.ts';
import { loopToolsOf } from './board/loop-tools.ts';
import { checkBox } from './codemode/check-box.ts';
import type { RunContext } from './context.ts';
import { creationToolsOf } from './creation/grant.ts';
import { loadKeptTools } from './creation/kept-load.ts';
import { CreatedTools } from './creation/registry.ts';
import { idleHooks } from './creation/score-tool.ts';
import { type RoleModels, resolveRoles, withoutTools } from './fallback.ts';
import { isGranted } from './grants.ts';
import { fanInTools } from './nodes/fan-in-tool.ts';
import { checkSteps } from './nodes/find-steps.ts';
import { imagesFor } from './nodes/images.ts';
import { moduleOpeners } from './nodes/module-step.ts';
import { hasPreprocessors } from './nodes/preprocess.ts';
import { askers } from './plan-parts.ts';
import { readSkillTexts } from './skill-texts.ts';
import { RunSkills } from './skills/run-skills.ts';
import { RunFiles } from './tools/artifacts.ts';
import { Guards } from './tools/guards.ts';
import { secretNotes } from './tools/tool-secrets.ts';

type Made = Pick<
  RunContext,
  | 'plan'
  | 'models'
  | 'tools'
  | 'specs'
  | 'created'
  | 'surroundings'
  | 'skills'
  | 'sandbox'
  | 'secrets'
  | 'runFiles'
  | 'guards'
>;

/** Longest name that services of models take. */
const SENT_CHARS = 64;

/** What a run needs from outside, found before anything of it is written. */
export interface Prepared {
  plan: Plan;
  /** The box, as the log names it. */
  box: { sandbox?: BoxName };
  /** What was left out of the tools, as facts for the log. */
  notes: readonly Fact[];
  /** The tools that a new run begins with, as facts for the log; `stop` ends it early. */
  kept(stop: AbortSignal | undefined): Promise<Fact[]>;
  /** The parts of the context, for the run's folder. */
  made(folder: string): Made;
  /** Gives the box back, if the run cannot start. */
  close(): Promise<void>;
}

/** Finds models, tools, code and the box of a plan. Throws `model/...`, `step/missing`, `sandbox/unavailable`. */
export async function prepare(host: Host, plan: Plan, folder: string): Promise<Prepared> {
  checkSteps(plan, host);
  const { files } = host.effects;
  const skills = new RunSkills(files, folder, await readSkillTexts(files, folder, plan));
  const models = resolveModels(host, plan);
  const opened = await openTools([...host.toolOpeners, ...moduleOpeners(host, plan)]);
  try {
    return await withTools(host, plan, { models, opened, skills });
  } catch (error) {
    await opened.close();
    throw error;
  }
}

interface Parts {
  models: RoleModels;
  opened: OpenedTools;
  skills: RunSkills;
}

async function withTools(host: Host, plan: Plan, parts: Parts): Promise<Prepared> {
  const { models, opened, skills } = parts;
  const isLong = ({ name }: Tool): boolean => sentName(name).length > SENT_CHARS;
  const short = opened.tools.filter((tool) => !isLong(tool));
  const tools = workerTools([...host.tools.values(), ...short], plan);
  const toolless = withoutTools(plan, models, tools);
  if (toolless) throw toolless;
  const secrets = await host.findSecrets([...tools.values()].flatMap((tool) => tool.secrets ?? []));
  const running = [...tools.values()].filter((tool) => tool.needsBox);
  const needsBox = new Set(running.filter(({ nested }) => !nested).map(({ name }) => name));
  const ofLoops = givenAnyway(plan);
  const wantsBox = running.length > 0 || hasPreprocessors(plan) || plan.creation !== undefined;
  const sandbox = wantsBox ? await openBox(host, plan) : undefined;
  const specs = [...tools.values()].map(({ name, description, parameters }) => ({
    ...{ name, description, parameters },
  }));
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  return {
    plan,
    box: sandbox ? { sandbox: { name: sandbox.name, isolation: sandbox.isolation } } : {},
    notes: [
      ...notesOf('tools', [...(opened.notes ?? []), ...opened.tools.filter(isLong).map(tooLong)]),
      ...notesOf('secrets', secretNotes(secrets)),
      ...notesOf('evaluation', idleHooks(plan)),
    ],
    kept: (stop) =>
      loadKeptTools({
        ...{ host, plan, sandbox, stop, others: [...host.tools.keys(), ...tools.keys()] },
        secrets: sendable(secrets),
      }),
    made: (folder) => ({
      ...{ plan, models, tools, sandbox, secrets, skills, specs: byName },
      created: new CreatedTools({ plan, toolsmith: host.toolsmith, tools, specs: byName }),
      guards: new Guards(plan, tools),
      surroundings: {
        ...{ box: sandbox && boxOf(sandbox), needsBox, skillTexts: skills.all },
        // Workers have those of a loop without being given them, so managers need not hear of them.
        tools: specs.filter(({ name }) => !ofLoops.has(name)),
      },
      runFiles: new RunFiles(host.effects.files, folder),
    }),
    close: async () => {
      await sandbox?.close();
      await opened.close();
    },
  };
}

/** The box of a run, held against what it has to do; given back when it does not do. */
async function openBox(host: Host, plan: Plan): Promise<Sandbox> {
  const sandbox = await host.openSandbox(reachingAll(plan));
  try {
    checkBox(plan, sandbox);
    return sandbox;
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

/** What a box of the run must be able to do: reach what programs and tools made at run time may reach. */
function reachingAll({ sandbox, creation }: Plan): SandboxPolicy {
  const reaching = (creation?.namespaces ?? []).filter(({ capabilities }) =>
    capabilities.includes('network'),
  );
  const hosts = new Set([...sandbox.hosts, ...reaching.flatMap((one) => [...one.hosts])]);
  return { ...sandbox, hosts: [...hosts] };
}

/** Tools that agents have without being given them. */
function givenAnyway(plan: Plan): ReadonlySet<string> {
  return new Set([...loopToolsOf(plan), ...creationToolsOf(plan)]);
}

/** Whether a name is that of a tool that an agent may make, or a spelling of those for making them. */
function isToBeMade({ creation }: Plan, name: string): boolean {
  const namespace = namespaceOf(name);
  return (
    namespace === 'tool' || creation?.namespaces.some((one) => one.name === namespace) === true
  );
}

/** Names of the secrets that requests may carry to some host. */
function sendable(secrets: RunContext['secrets']): ReadonlySet<string> {
  return new Set([...secrets].flatMap(([name, { hosts }]) => (hosts.length > 0 ? [name] : [])));
}

function tooLong({ name }: Tool): string {
  return `${name} was left out: models take names of at most ${SENT_CHARS} characters`;
}

function notesOf(name: string, notes: readonly string[] = []): Fact[] {
  return notes.map((note) => ({ type: 'input.resolved', data: { name, kind: 'text', note } }));
}

function boxOf({ name, isolation, languages }: Sandbox): RunContext['surroundings']['box'] {
  return { name, isolation, languages };
}

function resolveModels(host: Host, plan: Plan): RoleModels {
  return resolveRoles(plan, {
    resolve: host.models,
    objection: (model, name, settings) =>
      noPrice(model, name, plan) ??
      cannotReason(model, name, settings) ??
      cannotSee(model, name, { settings, plan }),
  });
}

/** Decision 13: a limit on cost can only be kept when every call has a price. */
function noPrice({ price, simulated }: ResolvedModel, name: string, { limits }: Plan) {
  if (limits.cost === null || price || simulated) return undefined;
  return new AwpError(
    'model/no-price',
    `the price of ${name} is not known, so a cost limit cannot be kept`,
    { hint: 'name its price with the option prices, or leave the cost limit out' },
  );
}

function cannotReason(
  { capabilities }: ResolvedModel,
  name: string,
  { mustReason }: ModelSettings,
) {
  if (!mustReason || capabilities?.reasoning !== false) return undefined;
  return new AwpError('model/no-reasoning', `the model ${name} cannot be told how much to think`, {
    hint: 'take a model that can, or leave model.reasoning.force out',
  });
}

/** An agent is shown images by a model that is known not to see any. */
function cannotSee(
  { capabilities }: ResolvedModel,
  name: string,
  { settings, plan }: { settings: ModelSettings & Pick<PlanAgent, 'vision'>; plan: Plan },
) {
  if (capabilities?.vision !== false) return undefined;
  const { images } = imagesFor(plan, settings);
  if (images.length === 0) return undefined;
  return new AwpError('model/no-vision', `the model ${name} cannot see images`, {
    hint: 'name one that can in vision.model, or set vision.enabled to false',
  });
}

/** Opens all that brings tools; when one fails the others are closed again. */
async function openTools(openers: readonly ToolOpener[]): Promise<OpenedTools> {
  const stop = new AbortController();
  const opening = openers.map((opener) => opener.open(stop.signal));
  const settled = await Promise.allSettled(
    opening.map((one) =>
      one.catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    ),
  );
  const opened = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((one) => one.close()));
  };
  if (opened.length === openers.length) {
    const tools = opened.flatMap((one) => one.tools);
    return { tools, notes: opened.flatMap(({ notes = [] }) => notes), close };
  }
  await close();
  // The first one that failed by itself is the reason; the others were given up because of it.
  throw stop.signal.reason;
}

/**
 * Tools that somebody may be given, by name: of those that ship the ones that the plan names, of
 * others all that do not ask to be named; none that is denied. Throws `tool/duplicate` for two of
 * one name, `tool/missing` for a name that nothing has.
 */
function workerTools(available: readonly Tool[], plan: Plan): Map<string, Tool> {
  const all = new Map<string, Tool>();
  const sent = new Map<string, string>();
  for (const tool of available) {
    const { name } = tool;
    const other = sent.get(sentName(name));
    if (other !== undefined) {
      const message =
        other === name
          ? `two tools are called ${name}`
          : `${other} and ${name} look alike to models`;
      throw new AwpError('tool/duplicate', message, { hint: 'give one of them another name' });
    }
    sent.set(sentName(name), name);
    all.set(name, tool);
  }
  const joining = { tools: fanInTools(plan), denied: [] };
  const boxes = [...askers(plan).flatMap(({ toolbox }) => toolbox ?? []), joining];
  const missing = boxes
    .flatMap(({ tools }) => tools)
    .find((name) => !name.includes('*') && !all.has(name) && !isToBeMade(plan, name));
  if (missing !== undefined) {
    throw new AwpError('tool/missing', `there is no tool ${missing}`, {
      hint: 'tools ship, or come with custom_tools, --mcp FILE or tools of a program; a resumed run is given those again',
    });
  }
  const ofLoops = givenAnyway(plan);
  const isGiven = (tool: Tool): boolean =>
    ofLoops.has(tool.name) || boxes.some((box) => isGranted(tool, box));
  return new Map([...all].filter(([, tool]) => isGiven(tool)));
}
