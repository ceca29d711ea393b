import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../../src/effects/index.ts';
import { makeKit } from '../../../src/sandboxes/make-kit.ts';
import { inBubblewrap } from '../../../src/sandboxes/packages/in-bubblewrap.ts';
import { packageLayer } from '../../../src/sandboxes/packages/layers.ts';
import type { RunInstaller } from '../../../src/sandboxes/packages/run-installer.ts';
import { calm, type LayerKit, layerKit, problemOf } from './layer-kit.ts';
import { npmRegistry, pythonIndex, wheel } from './make-packages.ts';

const { uid } = (await makeKit(nodeEffects())).machine;
const BWRAP = '/usr/bin/bwrap';
const works = ['--unshare-user', '--unshare-net', '--ro-bind', '/', '/', '--', '/bin/true'];
const hasBubblewrap = spawnSync(BWRAP, works).status === 0;

const runnerOf = async ({ kit }: LayerKit): Promise<RunInstaller> =>
  inBubblewrap({
    ...{ machine: kit.machine, bwrap: BWRAP, node: (await kit.node()).source },
    bridge: (await kit.texts()).nodeBridge,
  });

describe.skipIf(!hasBubblewrap)('an installer in a box of its own', { timeout: 120_000 }, () => {
  it('reaches the index of Python packages, through the proxy', async () => {
    await using index = await pythonIndex([wheel('tiny', { needs: ['helper'] }), wheel('helper')]);
    using made = await layerKit({ AWP_PIP_INDEX: `${index.url}/simple` }, uid);
    const request = { language: 'python', packages: ['tiny'], run: await runnerOf(made) } as const;
    const { versions } = await packageLayer(made.kit, request, calm());
    expect([...versions.keys()].sort()).toEqual(['helper', 'tiny']);
    expect(made.started.find(({ args }) => args.includes('install'))).toMatchObject({
      ...{ command: BWRAP, uid },
    });
  });

  it('reaches the registry of npm packages, through the proxy', async () => {
    await using index = await npmRegistry([{ name: 'tiny', version: '1.0.0' }]);
    using made = await layerKit({ AWP_NPM_REGISTRY: index.url }, uid);
    const run = await runnerOf(made);
    const request = { language: 'javascript', packages: ['tiny'], run } as const;
    expect((await packageLayer(made.kit, request, calm())).versions.get('tiny')).toBe('1.0.0');
  });

  it('needs no network at all for a folder of wheels', async () => {
    using place = await layerKit({});
    const folder = join(place.place, 'wheels');
    mkdirSync(folder);
    const { file, bytes } = wheel('tiny');
    writeFileSync(join(folder, file), bytes);
    using made = await layerKit({ AWP_PIP_WHEELS: folder }, uid);
    const request = { language: 'python', packages: ['tiny'], run: await runnerOf(made) } as const;
    expect((await packageLayer(made.kit, request, calm())).versions.get('tiny')).toBe('1.0');
  });

  it('sees nothing of the machine, can write to its draft alone and reaches nothing else', async () => {
    await using index = await pythonIndex([wheel('tiny')]);
    await using elsewhere = await npmRegistry([{ name: 'tiny', version: '1.0.0' }]);
    using made = await layerKit({ AWP_PIP_INDEX: `${index.url}/simple` }, uid);
    writeFileSync(join(made.place, 'private'), 'private', { mode: 0o644 });
    const run = await runnerOf(made);
    const look = `
import os, urllib.request
def attempt(act):
    try: return act()
    except Exception as error: return type(error).__name__
print('LOOK', [
  attempt(lambda: open(${JSON.stringify(join(made.place, 'private'))}).read()),
  attempt(lambda: open('/usr/x', 'w')), attempt(lambda: open('/x', 'w')),
  attempt(lambda: os.listdir('/home')), attempt(lambda: os.listdir('/root')),
  len([name for name in os.listdir('/proc') if name.isdigit()]) < 9,
  attempt(lambda: urllib.request.urlopen('${elsewhere.url}/tiny')),
  attempt(lambda: urllib.request.build_opener(urllib.request.ProxyHandler({})).open('${index.url}/simple/')),
  attempt(lambda: urllib.request.urlopen('${index.url}/simple/tiny/').status),
  attempt(lambda: open('work/y', 'w').write('y')), os.getuid(),
])`;
    let said = '';
    const looking: RunInstaller = async (command, signal) => {
      const end = await run({ ...command, args: ['-I', '-c', look] }, signal);
      said = end.text;
      return end;
    };
    const request = { language: 'python', packages: ['tiny'], run: looking } as const;
    await problemOf(packageLayer(made.kit, request, calm()));
    expect(said).toContain(
      "LOOK ['FileNotFoundError', 'OSError', 'OSError', 'FileNotFoundError', 'FileNotFoundError', " +
        "True, 'HTTPError', 'URLError', 200, 1, 1000]",
    );
    expect(elsewhere.requests).toEqual([]);
  });
});
