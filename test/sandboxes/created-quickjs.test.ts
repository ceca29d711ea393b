import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { runsHandlers } from './created-box.ts';
import { openQuickjs } from './quickjs-box.ts';

const box = await boxOrReason(openQuickjs);

describeBox('tools that were made, in QuickJS', box, runsHandlers);
