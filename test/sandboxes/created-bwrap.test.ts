import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { openBox } from './boxes.ts';
import { runsHandlers } from './created-box.ts';

const box = await boxOrReason(() => openBox('bwrap'));

describeBox('tools that were made, in bwrap', box, runsHandlers);
