import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { openBox } from './boxes.ts';
import { runsHandlers } from './created-box.ts';

const box = await boxOrReason(() => openBox('jail'));
/** Its folders have paths of the host, and its programs another runner than those of bubblewrap. */
const OWN =
  /^(?:keywords|a function$|an arrow|an error without|code that|a file|what it prints|100 MB|an end|tools)/;

describeBox('tools that were made, in the jail', box, (opened) =>
  runsHandlers(opened, ({ title }) => OWN.test(title)),
);
