import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { runsHandlers } from './created-box.ts';
import { openDeno } from './deno-box.ts';

const box = await boxOrReason(openDeno);
/** Python starts slowly here: those that come nearest to what is its own. */
const PYTHON = new Set(['keywords and defaults', 'no names of ours', 'an async handler', 'a file']);

describeBox('tools that were made, in Deno', box, (opened) =>
  runsHandlers(opened, ({ language, title }) => language !== 'python' || PYTHON.has(title)),
);
