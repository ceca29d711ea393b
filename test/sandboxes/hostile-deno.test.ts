import { openSandbox } from '../../src/sandboxes/choose.ts';
import { boxOrReason, describeBox, POLICY } from '../contracts/sandbox-contract.ts';
import { effectsWith } from './boxes.ts';
import { withstandsAll } from './hostile-box.ts';

const open = openSandbox(effectsWith('AWP_SANDBOX', 'deno'));
const box = await boxOrReason(() =>
  open({ ...POLICY, languages: ['javascript', 'typescript', 'python'] }),
);

describeBox('deno against hostile programs', box, withstandsAll);
