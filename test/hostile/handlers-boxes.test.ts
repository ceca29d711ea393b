import { JAVASCRIPT_FILES } from '../../src/sandboxes/hostile/javascript-files.ts';
import { JAVASCRIPT_REALMS } from '../../src/sandboxes/hostile/javascript-realms.ts';
import { PYTHON_FILES } from '../../src/sandboxes/hostile/python-files.ts';
import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { openBox } from '../sandboxes/boxes.ts';
import { openDeno } from '../sandboxes/deno-box.ts';
import { openQuickjs } from '../sandboxes/quickjs-box.ts';
import { covering, withstandsHandlers } from './handlers.ts';

const files = covering([...PYTHON_FILES, ...JAVASCRIPT_FILES], '12.4');

describeBox('handlers in the jail', await boxOrReason(() => openBox('jail')), (box) =>
  withstandsHandlers(box, 'filesystem', files.slice(0, 12)),
);

describeBox('handlers in QuickJS', await boxOrReason(openQuickjs), (box) =>
  withstandsHandlers(box, 'compute', covering(JAVASCRIPT_REALMS, '12.2')),
);

describeBox('handlers in Deno', await boxOrReason(openDeno), (box) =>
  withstandsHandlers(box, 'network', covering(JAVASCRIPT_REALMS, '12.2')),
);
