import type { Effects } from '../ports/effects.ts';
import { nodeClock } from './clock.ts';
import { nodeFiles } from './files.ts';
import { nodeNetwork } from './network.ts';
import { nodeProcesses } from './processes.ts';
import { nodeRandom } from './random.ts';
import { environmentSecrets, wantedProxies } from './secrets.ts';

/** All doors of this machine. */
export function nodeEffects(): Effects {
  return {
    clock: nodeClock(),
    random: nodeRandom(),
    files: nodeFiles(),
    network: nodeNetwork(wantedProxies()),
    processes: nodeProcesses(),
    secrets: environmentSecrets(),
  };
}
