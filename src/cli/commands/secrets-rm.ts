import { AwpError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type { Command } from '../command.ts';

/** `awp secrets rm`: takes a secret out of the user's store. */
export const secretsRmCommand: Command = {
  name: 'secrets rm',
  summary: 'Take a secret out of the store',
  usage: 'NAME',
  examples: ['awp secrets rm OPENROUTER_API_KEY'],
  options: [],
  maxPositionals: 1,

  async run(args, shell) {
    const [name] = args.positionals;
    if (name === undefined) {
      throw new AwpError('usage/missing-argument', 'secrets rm takes the name of a secret', {
        hint: 'awp secrets list shows them',
      });
    }
    const { openSecretStore } = await import('../../data/secret-store.ts');
    const store = openSecretStore(await shell.effects());
    if (store.remove(name)) {
      shell.err.write(`took ${name} out of ${store.path}\n`);
      return 0;
    }
    const names = store.list().map((one) => one.name);
    const close = nearest(name, names);
    throw new AwpError('secret/not-found', `the store has no secret ${JSON.stringify(name)}`, {
      hint: close === undefined ? 'awp secrets list shows what it has' : `did you mean ${close}?`,
    });
  },
};
