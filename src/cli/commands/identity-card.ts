import { resolve } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import type { Command } from '../command.ts';

/** `awp identity-card`: what an agent is and can do. */
export const identityCardCommand: Command = {
  name: 'identity-card',
  summary: 'Show what an agent is, accepts and produces',
  usage: 'AGENT [options]',
  examples: [
    'awp identity-card agents/writer/agent.awp.yaml',
    'awp identity-card agents/writer --json',
  ],
  options: [{ name: 'json', group: 'OUTPUT', help: 'JSON instead of YAML' }],
  maxPositionals: 1,

  async run(args, shell) {
    const [name] = args.positionals;
    if (name === undefined) {
      throw new AwpError('usage/missing-argument', 'identity-card takes the file of an agent', {
        hint: 'awp identity-card agents/writer/agent.awp.yaml',
      });
    }
    const { files } = await shell.effects();
    const { readIdentityCard } = await import('../../data/identity-card.ts');
    const card = await readIdentityCard(resolve(shell.cwd, name), files);
    if (args.has('json')) shell.out.write(`${JSON.stringify(card, undefined, 2)}\n`);
    else {
      const { stringify } = await import('../../parser/write-yaml.ts');
      shell.out.write(stringify({ identity_card: card }));
    }
    return 0;
  },
};
