import { agentAliases } from './agent.ts';
import type { Alias } from './alias.ts';
import { communicationAliases } from './communication.ts';
import { graphAliases } from './graph.ts';
import { manifestAliases } from './manifest.ts';
import { memoryAliases } from './memory.ts';
import { observabilityAliases } from './observability.ts';
import { sandboxAliases } from './sandbox.ts';
import { securityAliases } from './security.ts';

/** THE table: every spelling that is accepted besides the standard's own, in order of application. */
export const aliases: readonly Alias[] = [
  ...manifestAliases,
  ...graphAliases,
  ...memoryAliases,
  ...communicationAliases,
  ...observabilityAliases,
  ...securityAliases,
  ...sandboxAliases,
  ...agentAliases,
];
