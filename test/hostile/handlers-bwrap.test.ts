import { JAVASCRIPT_FILES } from '../../src/sandboxes/hostile/javascript-files.ts';
import { JAVASCRIPT_NETWORK } from '../../src/sandboxes/hostile/javascript-network.ts';
import { HOSTILE_PROGRAMS } from '../../src/sandboxes/hostile/programs.ts';
import { PYTHON_FILES } from '../../src/sandboxes/hostile/python-files.ts';
import { PYTHON_REACH } from '../../src/sandboxes/hostile/python-reach.ts';
import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { openBox } from '../sandboxes/boxes.ts';
import { covering, withstandsHandlers } from './handlers.ts';

const open = () => boxOrReason(() => openBox('bwrap'));
// Those that use much of the machine are run as programs, in each box.
const light = HOSTILE_PROGRAMS.filter(({ heavy }) => !heavy);

describeBox('handlers of a compute namespace in bwrap', await open(), (box) =>
  withstandsHandlers(box, 'compute', covering(light, '12.1', '12.2', '12.3')),
);

describeBox('handlers of a network namespace in bwrap', await open(), (box) =>
  withstandsHandlers(box, 'network', [
    ...JAVASCRIPT_NETWORK,
    ...PYTHON_REACH.filter((one) => one.escape === 'network-reached' && !one.heavy),
  ]),
);

describeBox('handlers of a filesystem namespace in bwrap', await open(), (box) =>
  withstandsHandlers(box, 'filesystem', covering([...PYTHON_FILES, ...JAVASCRIPT_FILES], '12.4')),
);
