import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take half a minute and more, the longest first. */
const LONG = [
  'graph-kill.test.ts',
  'kill.test.ts',
  'hostile-none.test.ts',
  'hostile-deno.test.ts',
  'hostile-jail-without-namespaces.test.ts',
  'sandbox-selftest-user.test.ts',
  'hostile-quickjs.test.ts',
  'demo.test.ts',
  'hostile-bwrap.test.ts',
  'hostile-jail.test.ts',
];

/** Starts long files first: otherwise one of them runs alone at the end, and a core has nothing to do. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const index = LONG.indexOf(basename(moduleId));
      return index < 0 ? LONG.length : index;
    };
    const others = await super.sort(files);
    return others.sort((a, b) => place(a) - place(b));
  }
}
