import type { Machine } from '../machine.ts';
import { openWayOut, PROXY_PORT, proxyEnv, type WayOut } from '../proxied.ts';
import type { InstallCommand } from './command.ts';
import { onHost, type RunInstaller } from './run-installer.ts';

/** What a box for installers is made of. */
export interface InstallerBox {
  machine: Machine;
  /** Absolute path of bubblewrap. */
  bwrap: string;
  /** Where the Node that runs us can be read by the box's user. */
  node: string;
  /** The program that leads from the box to the proxy: `bridge.mjs`. */
  bridge: string;
}

const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/etc/alternatives'];
/** Where the box finds the socket of the proxy. */
const WAY_OUT = '/run/way-out';
/** Waits for the way out, then becomes the installer. */
const START = `if [ -n "$1" ]; then
  "$1" --input-type=module -e "$2" ${PROXY_PORT} ${WAY_OUT} "$3" &
  while [ ! -e "$3" ] && kill -0 $! 2>/dev/null; do sleep 0.01; done
fi
shift 3
exec "$@"`;

/**
 * Runs installers in bubblewrap: they see the system, what their command names and their draft, all
 * but the draft read-only, no other process, and reach the index alone, through the proxy that checks
 * every address. For packages that nobody declared.
 */
export function inBubblewrap(box: InstallerBox): RunInstaller {
  const { machine, bwrap } = box;
  const run = onHost(machine);
  return async (command, signal) => {
    const wayOut = await openWayOut(machine, command.hosts);
    try {
      const args = argsOf(box, command, wayOut);
      // bubblewrap's own environment can be read inside: it has none.
      return await run({ ...command, command: bwrap, args, env: {} }, signal);
    } finally {
      await wayOut?.close();
    }
  };
}

function argsOf(box: InstallerBox, command: InstallCommand, wayOut: WayOut | undefined): string[] {
  const { draft } = command;
  const env = { ...command.env, ...proxyEnv(wayOut) };
  const shown = [...SYSTEM, '/etc/ld.so.cache', box.node, ...command.reads];
  const bridge = wayOut ? [box.node, box.bridge, `${draft}/work/.way-out`] : ['', '', ''];
  return [
    ...['--unshare-user', '--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts'],
    ...['--unshare-cgroup-try', '--disable-userns', '--die-with-parent', '--new-session'],
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'box', '--cap-drop', 'ALL', '--clearenv'],
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...shown.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--proc', '/proc', '--dev', '/dev', '--bind', draft, draft],
    ...(wayOut ? ['--ro-bind', wayOut.socket, WAY_OUT] : []),
    ...['--remount-ro', '/', '--chdir', draft, '--', '/bin/sh', '-c', START, 'sh'],
    ...bridge,
    ...[command.command, ...command.args],
  ];
}
