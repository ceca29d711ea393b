import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { openJailWithoutNamespaces } from './boxes.ts';
import { withstandsAll } from './hostile-box.ts';

const box = await boxOrReason(openJailWithoutNamespaces);

describeBox('jail without namespaces against hostile programs', box, withstandsAll);
