import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { openBox } from './boxes.ts';
import { withstandsAll } from './hostile-box.ts';

const box = await boxOrReason(() => openBox('bwrap'));

describeBox('bwrap against hostile programs', box, withstandsAll);
