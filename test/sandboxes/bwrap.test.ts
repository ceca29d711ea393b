import { boundaryContract } from '../contracts/sandbox-boundary.ts';
import { benignContract, boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { featureContract } from '../contracts/sandbox-features.ts';
import { boxUser, openBox } from './boxes.ts';

const box = await boxOrReason(() => openBox('bwrap'));
const user = await boxUser();

describeBox('bwrap', box, (opened) => {
  boundaryContract(opened, user);
  benignContract(opened);
  featureContract(opened);
});
