import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { canonicalJson } from '../base/json.ts';
import type { Plan, SandboxPolicy } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import type { GrantedSecret, Host } from '../ports/host.ts';
import type { OpenSandbox } from '../ports/sandbox.ts';
import type { Tool } from '../ports/tool.ts';
import { type CustomToolsOption, customTools } from './custom-tools.ts';
import { mcpOpeners, mcpSecretNames } from './mcp-options.ts';
import { filePins } from './mcp-pins.ts';
import type { McpServerOptions } from './mcp-settings.ts';
import { type OwnTool, toTools } from './own-tools.ts';
import { secretNeeds, type WorkflowSecrets } from './secret-needs.ts';
import type { SecretOptions } from './secret-options.ts';
import { resolveSecrets } from './secrets.ts';
import type { WorkflowSkills } from './skills.ts';
import { type TrustOption, trustGate } from './trust.ts';

/** What of a workflow's folder counts while it runs. */
export interface WorkflowParts {
  /** Absolute path of the folder. */
  folder: string;
  customTools: CustomToolsOption;
  secrets: WorkflowSecrets;
  skills: WorkflowSkills;
  /** Those of its sub-workflows, each in a folder of its own. */
  subworkflows?: readonly WorkflowParts[];
}

/** What a program or a command line brings to a run; a resumed run needs it again. */
export interface BroughtOptions {
  /** Tools of one's own, and names or patterns of those that workers may have. */
  tools?: readonly (string | OwnTool)[];
  /** MCP servers whose tools workers may have, by a name that stands before their tools'. */
  mcp?: Readonly<Record<string, McpServerOptions>>;
  /** Keys and passwords, by name: a value, `fromEnv(...)`, or with the hosts and tools that get it. */
  secrets?: SecretOptions;
  /** Whether new contents of a workflow's own tools, and changed lists of MCP servers, are accepted. */
  trust?: TrustOption;
  /** Parts of a workflow folder, from `loadWorkflow(...).options()`. */
  workflow?: WorkflowParts;
}

/** The parts of a host that come from it. */
export type Brought = Pick<Host, 'toolOpeners' | 'findSecrets'> & { ownTools: readonly Tool[] };

/** Where tools of a workflow run. */
export interface BringingHost {
  effects: Effects;
  openSandbox: OpenSandbox;
  policy: SandboxPolicy;
  version: string;
}

/** The tools among what the option `tools` has. */
export function ownToolsOf({ tools = [] }: BroughtOptions): Tool[] {
  return toTools(tools.filter((one) => typeof one !== 'string'));
}

/** The names and patterns among what the option `tools` has; undefined when there are none. */
export function toolPatterns({ tools = [] }: BroughtOptions): string[] | undefined {
  const names = tools.filter((one) => typeof one === 'string');
  return names.length > 0 ? names : undefined;
}

/**
 * Puts together what a run is given besides what ships. Nothing is started. Throws `secret/missing`
 * for secrets of the workflow, of options and of MCP servers, `usage/bad-option`, `spec/invalid`.
 */
export async function bring(options: BroughtOptions, host: BringingHost): Promise<Brought> {
  const { mcp = {}, trust, workflow } = options;
  const { effects, openSandbox, policy, version } = host;
  const parts = workflow ? allParts(workflow) : [];
  const own = parts.flatMap(({ secrets }) => secrets.needs);
  const needs = [...own, ...secretNeeds(mcpSecretNames(mcp))];
  const findSecrets = (declared: readonly string[]): Promise<ReadonlyMap<string, GrantedSecret>> =>
    resolveSecrets({
      given: options.secrets,
      workflowFolder: workflow?.folder,
      file: workflow?.secrets,
      declared: [...needs, ...secretNeeds(declared)],
      effects,
    });
  const known = await findSecrets([]);
  for (const one of parts) await trustGrants(one, { effects, trust });
  const servers = mcpOpeners(mcp, {
    ...{ effects, version },
    pins: filePins(effects),
    trust: trust === true,
    secret: (name) => known.get(name)?.secret,
  });
  const tools = parts.map((one) =>
    customTools(one.customTools, { effects, openSandbox, policy, trust }),
  );
  return { ownTools: ownToolsOf(options), toolOpeners: [...tools, ...servers], findSecrets };
}

/**
 * A workflow and its sub-workflows; one that several nodes run counts once. The file with secrets
 * is that of the outermost.
 */
function allParts(workflow: WorkflowParts): WorkflowParts[] {
  const all = [workflow, ...(workflow.subworkflows ?? []).flatMap(allParts)];
  return [...new Map(all.map((one) => [one.folder, one])).values()];
}

/**
 * A workflow that somebody else wrote could have any variable sent to a host of its choice, without
 * any code: where secrets may go has to be trusted like files that run.
 */
async function trustGrants(
  { folder, secrets }: WorkflowParts,
  { effects, trust }: Pick<BringingHost, 'effects'> & { trust: TrustOption | undefined },
): Promise<void> {
  const grants = secrets.needs.flatMap(({ name, hosts = [] }) =>
    hosts.length > 0 ? [`${name} may go to ${[...hosts].sort().join(', ')}`] : [],
  );
  if (grants.length === 0) return;
  const hash = sha256(canonicalJson(['secrets', ...grants.sort()]));
  await trustGate(effects, trust)({ folder, files: [], grants, hash });
}

/** What a plan keeps of it, so that a resumed run can say what it lacks. */
export function broughtBy(options: BroughtOptions): Plan['brought'] {
  const tools = ownToolsOf(options).map(({ name }) => name);
  const servers = Object.keys(options.mcp ?? {});
  const { workflow } = options;
  if (tools.length === 0 && servers.length === 0 && !workflow) return undefined;
  return { tools, servers, ...(workflow && { workflow: workflow.folder }) };
}

/** Throws `tool/missing` when a run is resumed without something that it began with. */
export function checkBrought({ brought }: Plan, options: BroughtOptions): void {
  const given = broughtBy(options);
  const tool = brought?.tools.find((name) => !given?.tools.includes(name));
  const server = brought?.servers.find((name) => !given?.servers.includes(name));
  const missing = tool === undefined ? server && `the MCP server ${server}` : `the tool ${tool}`;
  if (!missing) return;
  throw new AwpError('tool/missing', `the run began with ${missing}, which is not there now`, {
    hint: 'give it again: resumeRun(id, { tools, mcp }), awp run --resume ID --mcp FILE',
  });
}
