import { resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { hostProblem } from '../base/hosts.ts';
import type { SandboxOptions, WorkflowOptions } from '../data/options.ts';
import type { Arguments } from './command.ts';
import type { Shell } from './shell.ts';
import { parseChoice } from './values.ts';

/** What `--sandbox` takes: the strongest box, or a certain one. */
const MODES = ['auto', 'bwrap', 'jail', 'quickjs', 'deno', 'none'] as const;

/**
 * The sandbox that `--sandbox` and `--allow-host` ask for, on top of what a workflow sets. Throws
 * `usage/bad-value` for a host that is none, `usage/bad-option` for less than the workflow allows.
 */
export function sandboxFlags(
  args: Arguments,
  base: WorkflowOptions['sandbox'],
): Pick<WorkflowOptions, 'sandbox'> {
  const text = args.text('sandbox');
  const hosts = args.all('allow-host');
  if (text === undefined && hosts.length === 0) return {};
  const mode = parseChoice('sandbox', text ?? 'auto', MODES);
  const set: SandboxOptions = typeof base === 'object' ? base : {};
  return { sandbox: { ...set, ...hostsOf(hosts, set), ...boxOf(mode, set) } };
}

/** The Python that `--python` names: a path begins in the working folder, a name is searched for. */
export function pythonOption(args: Arguments, { cwd }: Shell): { python?: string } {
  const python = args.text('python');
  if (python === undefined) return {};
  return { python: python.includes('/') ? resolve(cwd, python) : python };
}

function boxOf(mode: (typeof MODES)[number], { minimum }: SandboxOptions): SandboxOptions {
  if (mode === 'auto') return {};
  if (mode !== 'none') return { only: mode };
  if (minimum !== 'boundary') return { minimum: 'none', only: 'none' };
  throw new AwpError('usage/bad-option', '--sandbox none is less than the workflow asks for', {
    hint: 'leave it out, or let the workflow say sandbox: { type: none }',
  });
}

/** Who starts a run may let it reach more than the workflow names. */
function hostsOf(hosts: readonly string[], { hosts: set = [] }: SandboxOptions): SandboxOptions {
  if (hosts.length === 0) return {};
  for (const host of hosts) {
    const problem = hostProblem(host);
    if (problem === undefined) continue;
    throw new AwpError('usage/bad-value', `--allow-host ${host}: ${problem}`, {
      hint: 'write api.example.com, host:8443, *.example.com, or * for every public host',
    });
  }
  return { hosts: [...new Set([...set, ...hosts])] };
}
