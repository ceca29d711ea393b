import { z } from 'zod';
import { AwpError } from '../base/errors.ts';

const limit = z.number().nonnegative().nullable().optional();

/**
 * `orchestration.delegation_loop` as far as the runtime acts on it (spec, surfaces 7.4); other
 * fields pass and are named by `unusedFields`.
 */
const DelegationLoop = z.looseObject({
  /** Folder of the manager, `agents/<id>`; empty or absent is the built-in manager. */
  manager: z.string().optional(),
  models: z.looseObject({ manager: z.string().nullish(), worker: z.string().nullish() }).optional(),
  budget: z
    .looseObject({
      /** Turns of the manager. */
      max_loops: limit,
      /** Workers in all. */
      max_total_workers: limit,
      /** Tokens in and out. */
      max_total_tokens: limit,
      /** Seconds. */
      max_wall_time: limit,
      /** Calls of any tool. */
      max_tool_calls: limit,
      /** Levels of sub-managers. */
      max_depth: limit,
      /** US dollars. */
      max_cost_usd: limit,
      /** Workers at the same time. */
      max_parallel_workers: z.int().positive().optional(),
    })
    .optional(),
  worker_policy: z
    .looseObject({
      enforced: z
        .looseObject({
          sandbox: z
            .looseObject({
              type: z.enum(['subprocess', 'venv', 'docker', 'wasm', 'isolate', 'none']).optional(),
              /** MiB. */
              max_memory_mb: z.int().positive().optional(),
              /** Seconds of processor time. */
              max_cpu_seconds: z.number().positive().optional(),
              network: z.boolean().optional(),
            })
            .optional(),
          forbidden_tools: z.array(z.string()).optional(),
        })
        .optional(),
      manager_controlled: z.array(z.string()).optional(),
    })
    .optional(),
  termination: z
    .looseObject({ enabled: z.boolean().optional(), window: z.int().positive().optional() })
    .optional(),
  history: z.looseObject({ full_results_window: z.int().positive().optional() }).optional(),
});

const Manifest = z.looseObject({
  awp: z
    .string()
    .regex(
      /^1\.\d+(\.\d+)?(-[a-zA-Z0-9.]+)?$/,
      'must be a version 1 of the protocol, such as "1.0.0"',
    ),
  workflow: z.looseObject({
    name: z.string().min(1),
    description: z.string().optional(),
  }),
  orchestration: z.looseObject({
    engine: z.enum(['dag', 'delegation_loop']).default('dag'),
    delegation_loop: DelegationLoop.optional(),
  }),
});

/** The parts of `agent.awp.yaml` that a manager's folder may set. */
const ManagerAgent = z.looseObject({
  model: z
    .looseObject({
      name: z.string().optional(),
      parameters: z
        .looseObject({
          temperature: z.number().min(0).max(2).optional(),
          max_tokens: z.int().positive().nullish(),
        })
        .optional(),
    })
    .optional(),
  prompt: z.looseObject({ system: z.string().optional() }).optional(),
});

/** `orchestration.delegation_loop`, checked. */
export type DelegationLoop = z.infer<typeof DelegationLoop>;
/** A manager's `agent.awp.yaml`, checked. */
export type ManagerAgent = z.infer<typeof ManagerAgent>;

/** A delegation workflow as its manifest declares it. */
export interface DelegationWorkflow {
  name: string;
  description: string | undefined;
  loop: DelegationLoop;
}

/** Reads a manifest. Throws `spec/invalid` with the place of what is wrong, `spec/unsupported`. */
export function readManifest(value: unknown, file: string): DelegationWorkflow {
  const { workflow, orchestration } = checked(Manifest, value, file);
  if (orchestration.engine === 'dag') {
    throw new AwpError(
      'spec/unsupported',
      `${file}: only engine: delegation_loop can be run so far`,
      {
        hint: 'the DAG engine follows in a later release',
      },
    );
  }
  const loop = orchestration.delegation_loop ?? {};
  refuse(loop, file);
  return { name: workflow.name, description: workflow.description, loop };
}

/** Reads a manager's agent file. Throws `spec/invalid`. */
export function readManagerAgent(value: unknown, file: string): ManagerAgent {
  return checked(ManagerAgent, value, file);
}

function checked<T extends z.ZodType>(schema: T, value: unknown, file: string): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.map(String).join('.') || 'the file';
  throw new AwpError('spec/invalid', `${file}: ${place}: ${issue?.message ?? 'not valid'}`);
}

/** What must not be passed over in silence: a limit of zero, and a box with a network. */
function refuse({ budget = {}, worker_policy }: DelegationLoop, file: string): void {
  for (const name of ['max_loops', 'max_total_tokens', 'max_wall_time'] as const) {
    if (budget[name] !== 0) continue;
    throw new AwpError('spec/invalid', `${file}: budget.${name}: 0 leaves nothing to run with`, {
      hint: `write null for unlimited`,
    });
  }
  if (worker_policy?.enforced?.sandbox?.network === true) {
    throw new AwpError(
      'spec/unsupported',
      `${file}: a sandbox with network: true cannot be had yet`,
      {
        hint: 'programs run without a network; hand the data in as inputs',
      },
    );
  }
}

/** Fields of the loop that this release does not act on, by their path; a run says so. */
export function unusedFields(loop: DelegationLoop): string[] {
  return unusedBelow(loop, USED, '');
}

/** The fields that are acted on; `true` stands for all that is below. */
interface Used {
  [field: string]: true | Used;
}

const USED: Used = {
  manager: true,
  models: { manager: true, worker: true },
  budget: {
    max_loops: true,
    max_total_workers: true,
    max_total_tokens: true,
    max_wall_time: true,
    max_tool_calls: true,
    max_depth: true,
    max_cost_usd: true,
    max_parallel_workers: true,
  },
  worker_policy: {
    enforced: {
      sandbox: { type: true, max_memory_mb: true, max_cpu_seconds: true, network: true },
      forbidden_tools: true,
    },
    manager_controlled: true,
  },
  termination: { enabled: true, window: true },
  history: { full_results_window: true },
};

function unusedBelow(value: object, used: Used, prefix: string): string[] {
  return Object.entries(value).flatMap(([field, inner]): string[] => {
    const known = Object.hasOwn(used, field) ? used[field] : undefined;
    const path = `${prefix}${field}`;
    if (known === undefined) return [path];
    if (known === true || typeof inner !== 'object' || inner === null) return [];
    return unusedBelow(inner, known, `${path}.`);
  });
}
