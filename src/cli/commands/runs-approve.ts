import { answerRequests } from '../approvals/answer-requests.ts';
import type { Command } from '../command.ts';

/** `awp runs approve RUN [ID]`: allows a call that waits for a person, also of another process. */
export const runsApproveCommand: Command = {
  name: 'runs approve',
  summary: 'Allow a call that waits for a person',
  usage: 'RUN [ID] [options]',
  examples: [
    'awp runs approve r-7f3a',
    'awp runs approve r-7f3a a2 --reason "checked with the team"',
    `awp runs approve r-7f3a a2 --edit '{"to": "team@example.com"}'`,
  ],
  options: [
    { name: 'all', group: 'ANSWER', help: 'every request that waits' },
    {
      name: 'edit',
      value: 'JSON',
      group: 'ANSWER',
      help: 'other arguments, an output, or a loop input; @FILE reads a file',
    },
    {
      name: 'reason',
      value: 'TEXT',
      group: 'ANSWER',
      help: 'why, for the log; or what a loop is told',
    },
  ],
  maxPositionals: 2,
  run: (args, shell) => answerRequests(args, shell, 'approved'),
};
