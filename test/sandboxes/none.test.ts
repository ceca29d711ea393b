import { benignContract, boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { featureContract } from '../contracts/sandbox-features.ts';
import { openBox } from './boxes.ts';

const box = await boxOrReason(() => openBox('none'));

describeBox('none', box, (opened) => {
  benignContract(opened);
  featureContract(opened);
});
