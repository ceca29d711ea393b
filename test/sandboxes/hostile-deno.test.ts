import { openSandbox } from '../../src/sandboxes/choose.ts';
import { HOSTILE_PROGRAMS } from '../../src/sandboxes/hostile/programs.ts';
import { PYTHON_BRIDGE } from '../../src/sandboxes/hostile/python-bridge.ts';
import { boxOrReason, describeBox, POLICY } from '../contracts/sandbox-contract.ts';
import { effectsWith } from './boxes.ts';
import { withstands } from './hostile-box.ts';

const open = openSandbox(effectsWith('AWP_SANDBOX', 'deno'));
const box = await boxOrReason(() =>
  open({ ...POLICY, languages: ['javascript', 'typescript', 'python'] }),
);

/**
 * Python starts slowly here, and is the same standard library in wasm for each program: those that try
 * the way out to JavaScript are run in each change, all of them by `awp sandbox selftest`.
 */
const PYTHON = new Set(PYTHON_BRIDGE);
const chosen = HOSTILE_PROGRAMS.filter(
  (program) => program.language !== 'python' || PYTHON.has(program),
);

describeBox('deno against hostile programs', box, (opened) => withstands(opened, chosen));
