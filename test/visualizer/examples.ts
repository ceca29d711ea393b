import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');

/** Names and folders of the example workflows. */
export const examples: readonly (readonly [name: string, folder: string])[] = readdirSync(EXAMPLES)
  .map((name) => [name, join(EXAMPLES, name)] as const)
  .filter(([, folder]) => existsSync(join(folder, 'workflow.awp.yaml')));
