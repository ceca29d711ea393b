import type { SandboxName } from '../ports/sandbox.ts';
import { bwrapProvider } from './bwrap.ts';
import { denoProvider } from './deno/provider.ts';
import { jailProvider } from './jail.ts';
import { plainProvider } from './plain.ts';
import type { Kit, Provider } from './provider.ts';
import { quickjsProvider } from './quickjs/provider.ts';

/** One kind of box. */
export interface ProviderEntry {
  name: SandboxName;
  /** Whether it keeps programs apart from the machine (decision 30). */
  boundary: boolean;
  /** Whether a Python makes the box, whatever runs in it. */
  byPython?: boolean;
  /** Whether it runs Pythons of the machine. */
  hostPython?: boolean;
  /** What to do where it cannot be had. */
  fix: string;
  make(kit: Kit): Promise<Provider | undefined>;
}

/** THE list of boxes, strongest first: a new one (srt, docker, podman) is a file and a line. */
export const PROVIDERS: readonly ProviderEntry[] = [
  {
    name: 'bwrap',
    boundary: true,
    hostPython: true,
    fix: 'install bubblewrap (for instance: apt install bubblewrap) on a Linux that lets users make namespaces',
    make: bwrapProvider,
  },
  {
    name: 'jail',
    boundary: true,
    hostPython: true,
    byPython: true,
    fix: 'install Python 3.8 or newer on Linux 6.2 or newer',
    make: jailProvider,
  },
  {
    name: 'deno',
    boundary: true,
    fix: 'npm install deno (and pyodide for Python), or put deno on the PATH',
    make: denoProvider,
  },
  {
    name: 'quickjs',
    boundary: true,
    fix: 'npm install awp-agents again: a part of it is missing',
    make: quickjsProvider,
  },
  {
    name: 'none',
    boundary: false,
    hostPython: true,
    fix: 'it is always there, and asked for by --sandbox none',
    make: plainProvider,
  },
];
