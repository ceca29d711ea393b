import { benignContract, boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { featureContract } from '../contracts/sandbox-features.ts';
import { openQuickjs } from './quickjs-box.ts';

const box = await boxOrReason(openQuickjs);

describeBox('quickjs with all that a box gives', box, featureContract);
describeBox('quickjs with honest programs', box, (opened) => benignContract(opened));
