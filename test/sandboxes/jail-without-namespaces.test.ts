import { boundaryContract } from '../contracts/sandbox-boundary.ts';
import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { boxUser, openJailWithoutNamespaces } from './boxes.ts';

const box = await boxOrReason(openJailWithoutNamespaces);
const user = await boxUser();

describeBox('jail without namespaces', box, (opened) => boundaryContract(opened, user));
