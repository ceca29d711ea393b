import { answerRequests } from '../approvals/answer-requests.ts';
import type { Command } from '../command.ts';

/** `awp runs reject RUN [ID]`: refuses a call that waits for a person, also of another process. */
export const runsRejectCommand: Command = {
  name: 'runs reject',
  summary: 'Refuse a call that waits for a person',
  usage: 'RUN [ID] [options]',
  examples: [
    'awp runs reject r-7f3a',
    'awp runs reject r-7f3a a2 --reason "send it to the team only"',
  ],
  options: [
    { name: 'all', group: 'ANSWER', help: 'every request that waits' },
    { name: 'reason', value: 'TEXT', group: 'ANSWER', help: 'why; the agent is told' },
  ],
  maxPositionals: 2,
  run: (args, shell) => answerRequests(args, shell, 'rejected'),
};
