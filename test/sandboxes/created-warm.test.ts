import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { PlanNamespace } from '../../src/events/creation.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { temporaryFolder } from '../make.ts';
import { around, callMade, created, placeIn } from '../tools/created/making.ts';
import { openBox } from './boxes.ts';
import { until, waiting } from './waiting.ts';

/** Says what there is, and leaves a mark in every place that it may write to. */
const LOOKING = `
import os
def handler():
    tmp = os.environ['TMPDIR']
    seen = {name: sorted(os.listdir(name)) for name in ('inputs', 'shared', 'output')}
    for folder in ('output', tmp, '/dev/shm'):
        try: open(folder + '/mark', 'w').write('x')
        except OSError: pass
    here = [os.path.exists(folder + '/mark') for folder in ('/tmp', '/dev/shm', tmp)]
    left = os.environ.get('AWP_MARK'), 'mark' in globals()
    os.environ['AWP_MARK'] = globals()['mark'] = 'x'
    return {'ok': True, 'data': {**seen, 'before': BEFORE, 'left': left, 'wrote': any(here)}}
BEFORE = [one for one in ('/tmp', '/dev/shm', os.environ['TMPDIR']) if os.path.exists(one + '/mark')]
`;
const KINDS = {
  compute: { capabilities: ['compute'] },
  network: { capabilities: ['compute', 'network'], hosts: ['api.example.com'] },
  filesystem: { capabilities: ['compute', 'filesystem'] },
} satisfies Record<string, Partial<PlanNamespace>>;

/** Calls in turns, so that boxes of each kind are ready when another kind comes. */
function keepsApart(box: Sandbox): void {
  afterAll(async () => box.close());

  it('shows each tool what its namespace has, and nothing of another call', async () => {
    using folder = temporaryFolder();
    for (const [name, file] of [
      ['inputs', 'table.csv'],
      ['shared', 'other.txt'],
    ] as const) {
      mkdirSync(join(folder.path, name));
      writeFileSync(join(folder.path, name, file), 'x');
    }
    const workspace = { inputs: join(folder.path, 'inputs'), shared: join(folder.path, 'shared') };
    const all = { inputs: ['table.csv'], shared: ['other.txt'], output: ['own.txt'] };
    const nothing = { inputs: [], shared: [], output: [] };
    const order = ['filesystem', 'compute', 'network', 'compute', 'filesystem', 'compute'] as const;
    for (const kind of [...order, ...order]) {
      const near = around(box);
      near.files.set('own.txt', new Uint8Array(3));
      Object.assign(near.context.workspace, workspace);
      const place = placeIn(KINDS[kind], { callMs: 20_000 });
      const { data, error } = await callMade(created(LOOKING), near, { place });
      expect({ kind, error, data }).toMatchObject({
        kind,
        data: {
          ...(kind === 'filesystem' ? all : nothing),
          ...{ before: [], left: [null, false], wrote: true },
        },
      });
      await until(async () => (await waiting()) > 0);
    }
  }, 120_000);
}

describe.each(['bwrap', 'jail'] as const)(
  'tools of several namespaces in one box',
  async (name) => {
    describeBox(name, await boxOrReason(() => openBox(name)), keepsApart);
  },
);
