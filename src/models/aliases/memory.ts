import type { Alias } from './alias.ts';
import { aliasesOf } from './build.ts';

const { move } = aliasesOf('workflow');

/** Spellings of the memory tiers (surfaces 0.2, capabilities 7.3). */
export const memoryAliases: readonly Alias[] = [
  move('memory.long_term', 'memory.tiers.long_term', { code: 'D9' }),
  move('memory.daily_log', 'memory.tiers.working', { code: 'D9' }),
  move('memory.working', 'memory.tiers.working', { code: 'D9' }),
  move('memory.episodic', 'memory.tiers.episodic', { code: 'D9' }),
  move('memory.semantic', 'memory.tiers.semantic', { code: 'D9' }),
  move('memory.tiers.daily_log', 'memory.tiers.working'),
];
