import type { z } from 'zod';
import { AwpError } from '../base/errors.ts';
import { hostProblem } from '../base/hosts.ts';
import { languageNamed } from '../events/languages.ts';
import type { Language } from '../events/plan.ts';
import type { DelegationLoop } from '../models/delegation.ts';
import type { safetyEnvelopeSchema } from '../models/safety-envelope.ts';
import type { sandboxSchema } from '../models/sandbox.ts';
import { sandboxPolicy } from './make-plan.ts';
import type { SandboxOptions } from './sandbox-options.ts';

/** Everything of a workflow that says where programs run; the strictest of it counts. */
export interface BoxSources {
  /** `capabilities.sandbox` of the manager, else `sandbox` of the workflow. */
  box: z.infer<typeof sandboxSchema> | undefined;
  /** `worker_policy.enforced.sandbox`. */
  enforced: NonNullable<NonNullable<DelegationLoop['worker_policy']>['enforced']>['sandbox'];
  /** `sandbox` of the safety envelope. */
  envelope: z.infer<typeof safetyEnvelopeSchema>['sandbox'];
}

/**
 * The options of the sandbox that a delegation loop sets; undefined when it says nothing. Throws
 * `spec/unsupported` for a network without hosts or an unknown language, `spec/invalid` for a host
 * that cannot be one.
 */
export function loopSandbox({ box, enforced, envelope }: BoxSources): SandboxOptions | undefined {
  if (!box && !enforced && !envelope) return undefined;
  const types = [box?.type, enforced?.type, envelope?.min].filter((type) => type !== undefined);
  const { constraints } = box ?? {};
  const limits = envelope?.limits;
  const memoryMb = least(
    constraints?.max_memory_mb,
    enforced?.max_memory_mb,
    limits?.max_memory_mb,
  );
  const cpuSeconds = least(
    constraints?.max_cpu_seconds,
    enforced?.max_cpu_seconds,
    limits?.max_cpu_seconds,
  );
  const seconds = least(box?.timeout, limits?.timeout);
  const outputBytes = least(constraints?.max_output_bytes, limits?.max_output_bytes);
  return {
    // Every type but `none` asks for a real boundary, and the strongest there is is taken.
    minimum: types.every((type) => type === 'none') ? 'none' : 'boundary',
    ...(memoryMb !== undefined && { memoryMb }),
    ...(cpuSeconds !== undefined && { cpuSeconds }),
    ...(seconds !== undefined && { timeoutMs: Math.ceil(seconds * 1000) }),
    ...(outputBytes !== undefined && {
      outputChars: Math.min(outputBytes, sandboxPolicy().outputChars),
    }),
    hosts: hostsOf({ box, enforced }),
    ...languageOptions(box),
  };
}

function least(...limits: readonly (number | undefined)[]): number | undefined {
  const given = limits.filter((limit) => limit !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}

/** A network needs hosts by name, and everybody who speaks of one must allow it. */
function hostsOf({ box, enforced }: Pick<BoxSources, 'box' | 'enforced'>): readonly string[] {
  const { enabled = false, allowed_hosts: named = [] } = box?.network ?? {};
  for (const host of named) {
    const problem = hostProblem(host);
    if (problem === undefined) continue;
    throw new AwpError(
      'spec/invalid',
      `network.allowed_hosts: ${JSON.stringify(host)}: ${problem}`,
      {
        hint: 'write a host such as api.example.com, *.example.com, or * for every public host',
      },
    );
  }
  if (enforced?.network === true && named.length === 0) {
    throw new AwpError('spec/unsupported', 'a sandbox with network: true needs hosts by name', {
      hint: 'add sandbox: { network: { enabled: true, allowed_hosts: [...] } } to the workflow',
    });
  }
  return enabled && enforced?.network !== false ? named : [];
}

const ALL_LANGUAGES: readonly Language[] = ['python', 'javascript', 'typescript'];

/** The language of the box comes first, and its packages are of that language. */
function languageOptions(
  box: BoxSources['box'],
): Pick<SandboxOptions, 'languages' | 'packages'> | undefined {
  if (!box) return undefined;
  const { runtime, packages } = box;
  const language = languageNamed(runtime);
  if (!language) {
    throw new AwpError('spec/unsupported', `sandbox.runtime: there is no language ${runtime}`, {
      hint: `there is: ${ALL_LANGUAGES.join(', ')}`,
    });
  }
  const kind = language === 'python' || language === 'shell' ? 'python' : 'javascript';
  return {
    languages: [language, ...ALL_LANGUAGES.filter((other) => other !== language)],
    ...(packages.length > 0 && { packages: { [kind]: packages } }),
  };
}
