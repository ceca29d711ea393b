import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { boxOrReason, describeBox, leftFolders } from '../contracts/sandbox-contract.ts';
import { around, callMade, created } from '../tools/created/making.ts';
import { openBox } from './boxes.ts';

const box = await boxOrReason(() => openBox('bwrap'));
const CALLS = 60;
const LANES = 4;

const CODE = `
def handler(*, n):
    open('output/scratch.txt', 'w').write('x' * 1000)
    return {'ok': True, 'data': {'twice': n * 2}}`;

function held(): { descriptors: number; processes: number } {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    processes: children === '' ? 0 : children.split(' ').length,
  };
}

describeBox('a tool that is called again and again', box, (opened) => {
  afterAll(async () => opened.close());

  it('leaves no process, no descriptor and no folder behind', async () => {
    const tool = created(CODE);
    const call = async (n: number) => await callMade(tool, around(opened), { args: { n } });
    await call(0);
    await opened.close();
    const before = held();
    const again = await openBox('bwrap');
    let next = 0;
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        while (next < CALLS) {
          next += 1;
          const n = next;
          const { data } = await callMade(tool, around(again), { args: { n } });
          expect(data).toMatchObject({ twice: n * 2 });
        }
      }),
    );
    await again.close();
    expect(held()).toEqual(before);
    expect(await leftFolders()).toEqual([]);
  }, 60_000);
});
