import { JAVASCRIPT_FILES } from './javascript-files.ts';
import { JAVASCRIPT_LIMITS } from './javascript-limits.ts';
import { JAVASCRIPT_NETWORK } from './javascript-network.ts';
import { JAVASCRIPT_PROCESSES } from './javascript-processes.ts';
import { JAVASCRIPT_REALMS } from './javascript-realms.ts';
import { TYPESCRIPT } from './javascript-types.ts';
import { PYTHON_BRIDGE } from './python-bridge.ts';
import { PYTHON_FILES } from './python-files.ts';
import { PYTHON_GUARDS } from './python-guards.ts';
import { PYTHON_LIMITS } from './python-limits.ts';
import { PYTHON_REACH } from './python-reach.ts';
import type { HostileProgram } from './types.ts';

/** THE list of hostile programs: a new group is a file and a line. */
export const HOSTILE_PROGRAMS: readonly HostileProgram[] = [
  ...PYTHON_FILES,
  ...PYTHON_REACH,
  ...PYTHON_LIMITS,
  ...PYTHON_GUARDS,
  ...PYTHON_BRIDGE,
  ...JAVASCRIPT_FILES,
  ...JAVASCRIPT_LIMITS,
  ...JAVASCRIPT_NETWORK,
  ...JAVASCRIPT_PROCESSES,
  ...JAVASCRIPT_REALMS,
  ...TYPESCRIPT,
];
