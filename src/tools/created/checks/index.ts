import type { DraftCheck } from '../../../ports/toolsmith.ts';
import { lintCheck } from './lint.ts';
import { placeholderCheck } from './placeholder.ts';
import { schemaCheck } from './schema.ts';
import { signatureCheck } from './signature.ts';
import { sourceCheck } from './source.ts';

/** What can be said of a draft without running it, in the order of the stages (spec, capabilities 4.4). */
export const staticChecks: readonly DraftCheck[] = [
  sourceCheck,
  schemaCheck,
  signatureCheck,
  lintCheck,
  placeholderCheck,
];
