import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { SecurityKind } from '../events/event.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { failure, success } from './results.ts';

/** Longest installation (spec, capabilities 2.5). */
const MOST_TIME_MS = 300_000;
/** Packages of one call. */
const MOST_PACKAGES = 50;

/**
 * `pip.install`: makes packages ready that the author declared, in the sandbox's own layer, and tells
 * their versions. Nothing else is ever installed (spec, capabilities 12.6, W11).
 */
export const pipInstall: Tool = {
  name: 'pip.install',
  description:
    'Make Python packages ready for programs in the sandbox. Only packages that the workflow declares can be had; a version (name==1.2) says which has to be there.',
  parameters: {
    type: 'object',
    properties: {
      packages: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        maxItems: MOST_PACKAGES,
        description: 'e.g. ["polars", "scipy>=1.10"]',
      },
    },
    required: ['packages'],
    additionalProperties: false,
  },
  idempotent: true,
  grant: 'explicit',
  needsBox: true,
  timeoutMs: MOST_TIME_MS,
  run: install,
};

async function install(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const asked = Array.isArray(args.packages) ? args.packages.map(String) : [];
  const sandbox = await context.sandbox();
  if (!sandbox.packages) {
    return failure(503, `programs of the sandbox (${sandbox.name}) cannot have Python packages`);
  }
  try {
    const there = await sandbox.packages(asked, context.sandboxPolicy, context.signal);
    const installed = there.map(({ name, version }) => `${name}==${version}`);
    return success({ installed, stderr: '' });
  } catch (error) {
    if (!(error instanceof AwpError) || error.family !== 'sandbox') throw error;
    return refusal(error, context);
  }
}

/** What each problem with packages is to whoever asked for them. */
const PROBLEMS: Readonly<Record<string, { status: number; kind?: SecurityKind }>> = {
  'sandbox/bad-package': { status: 400, kind: 'input.refused' },
  'sandbox/refused': { status: 403, kind: 'acl.sandbox.denied' },
  'sandbox/bad-index': { status: 503 },
  'sandbox/no-installer': { status: 503 },
};

function refusal({ code, message, hint }: AwpError, context: ToolContext): ToolResult {
  const { status, kind } = PROBLEMS[code] ?? { status: 500 };
  if (kind) context.denied(message, kind);
  const error = hint === undefined ? message : `${message}\nhint: ${hint}`;
  return failure(status, error, { installed: [], stderr: message });
}
