import type { z } from 'zod';
import type { JsonObject } from '../base/json.ts';
import type { SandboxPolicy } from '../events/plan.ts';
import type { customToolsSchema } from '../models/tools.ts';
import type { DeclaredTool } from '../modules/declared.ts';
import { workflowTools } from '../modules/workflow-tools.ts';
import { pythonTools } from '../parser/python-tools.ts';
import type { Effects } from '../ports/effects.ts';
import type { OpenSandbox } from '../ports/sandbox.ts';
import type { ToolOpener } from '../ports/tool.ts';
import { type TrustOption, trustGate } from './trust.ts';

/** `capabilities.custom_tools` of a manifest, with its defaults. */
type Manifested = z.infer<typeof customToolsSchema>;
type Declaration = Manifested['declarations'][number];

/** The own tools of a workflow, as its manifest says; what `loadWorkflow` hands to a run. */
export interface CustomToolsOption {
  /** Absolute path of the workflow's folder. */
  folder: string;
  /** Folder of their files, from there. */
  sourceDir: string;
  /** Whether files and tools count that no declaration names. */
  discover: boolean;
  /** Whether agents have them without naming them. */
  inject: boolean;
  tools: readonly DeclaredTool[];
}

/** The option for a manifest; without `custom_tools` its defaults hold. */
export function customToolsOption(
  folder: string,
  { source_dir, auto_discovery, auto_inject, declarations }: Partial<Manifested> = {},
): CustomToolsOption {
  return {
    folder,
    sourceDir: source_dir ?? 'mcp',
    discover: auto_discovery ?? true,
    inject: auto_inject ?? true,
    tools: (declarations ?? []).flatMap(declaredOf),
  };
}

function declaredOf(declaration: Declaration): DeclaredTool[] {
  if ('module' in declaration) {
    const { module, tools } = declaration;
    return tools.map((name) => ({ name, file: module, replaces: false }));
  }
  const { fqn, file, description, version, parameters, returns, secrets, meta } = declaration;
  return [
    {
      ...{ name: fqn, file, replaces: declaration.replaces },
      ...(description !== undefined && { description }),
      ...(version !== undefined && { version }),
      ...(isSchema(parameters) && { parameters }),
      ...(isSchema(returns) && { returns }),
      ...(secrets && { secrets }),
      ...(meta && { meta: metaOf(meta) }),
    },
  ];
}

/** A schema that says something: `true` is any value. */
function isSchema(schema: unknown): schema is JsonObject {
  return typeof schema === 'object' && schema !== null;
}

type Meta = NonNullable<Extract<Declaration, { fqn: string }>['meta']>;

function metaOf({ side_effects, idempotent, rate_limit }: Meta): NonNullable<DeclaredTool['meta']> {
  const { max_per_minute: perMinute, max_per_hour: perHour } = rate_limit ?? {};
  return {
    sideEffects: side_effects,
    idempotent,
    ...(rate_limit && {
      rate: { ...(perMinute && { perMinute }), ...(perHour && { perHour }) },
    }),
  };
}

/** What the tools of a workflow need of a run. */
export interface CustomToolsHost {
  effects: Effects;
  openSandbox: OpenSandbox;
  policy: SandboxPolicy;
  /** Whether files may run whose contents are new. Default false. */
  trust?: TrustOption | undefined;
}

/**
 * Brings the tools of a workflow's own files to a run. Nothing of them runs before it is opened,
 * and then only if they are trusted.
 */
export function customTools(
  { folder, ...declared }: CustomToolsOption,
  { effects, openSandbox, policy, trust }: CustomToolsHost,
): ToolOpener {
  const kind = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return workflowTools({
    ...{ folder, declared, effects, openSandbox, policy },
    readPython: pythonTools,
    entry: new URL(`./module-entry.${kind}`, import.meta.url).href,
    trust: trustGate(effects, trust),
  });
}
