/**
 * 5 turns of 5 workers at 100 ms a model call, in a process that has done nothing before. Ideal: 6
 * questions to the manager and 5 times 2 to workers, one after another: 1,600 ms.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { dist } from '../built.ts';
import { median, report } from '../world.ts';

const IDEAL = { name: 'ideal', value: 1600 };

function wall(store: 'memory' | 'disk'): number {
  dist();
  const program = resolve(import.meta.dirname, '../makespan-process.ts');
  const values = Array.from({ length: 3 }, () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [program, store], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return Number(stdout);
  });
  return median(values);
}

const memory = wall('memory');
const disk = wall('disk');
const aim = (value: number) => ({
  text: 'at most 1.03 of ideal',
  met: value <= 1.03 * IDEAL.value,
});
report([
  {
    name: '5 turns of 5 workers at 100 ms, cold process, memory store (as the peers)',
    value: memory,
    unit: 'ms wall',
    floor: IDEAL,
    aim: aim(memory),
  },
  {
    name: '5 turns of 5 workers at 100 ms, cold process, every step synced to disk',
    value: disk,
    unit: 'ms wall',
    floor: IDEAL,
    aim: aim(disk),
  },
]);
