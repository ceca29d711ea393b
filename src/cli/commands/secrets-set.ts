import { AwpError } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import type { Shell } from '../shell.ts';

/** `awp secrets set`: keeps a secret in the user's store; its value is never an argument. */
export const secretsSetCommand: Command = {
  name: 'secrets set',
  summary: 'Keep a secret for all workflows; asks for the value without showing it',
  usage: 'NAME',
  examples: ['awp secrets set OPENROUTER_API_KEY', 'pass show key | awp secrets set API_KEY'],
  options: [],
  // More than one is told of below: the usual message would repeat what may be the value.
  maxPositionals: Number.POSITIVE_INFINITY,

  async run(args, shell) {
    const [name, value] = args.positionals;
    checkWords(name, value);
    const { openSecretStore } = await import('../../data/secret-store.ts');
    const store = openSecretStore(await shell.effects());
    // A name that cannot be is refused before anybody types a value for it.
    store.checkName(name);
    const answer = await valueFor(name, shell);
    if (answer === undefined) return EXIT.interrupted;
    const before = store.list().some((one) => one.name === name);
    store.set(name, answer);
    const done = before ? 'replaced' : 'kept';
    shell.err.write(`${done} ${name} in ${store.path}\n`);
    if (shell.env(name) !== undefined) {
      shell.err.write(`the variable ${name} is set as well, and wins as long as it is\n`);
    }
    return EXIT.complete;
  },
};

function checkWords(name: string | undefined, value: string | undefined): asserts name is string {
  if (name === undefined) {
    throw new AwpError('usage/missing-argument', 'secrets set takes the name of a secret', {
      hint: 'awp secrets set OPENROUTER_API_KEY',
    });
  }
  if (value !== undefined || name.includes('=')) {
    throw new AwpError('usage/bad-argument', 'a value is not given as an argument', {
      hint: 'others could read it from the list of processes and the history: awp secrets set NAME asks for it',
    });
  }
}

/** What was typed or sent, without one line break at its end; undefined when it was given up. */
async function valueFor(name: string, shell: Shell): Promise<string | undefined> {
  const answer = await shell.askHidden(`Value of ${name} (not shown): `);
  if (answer === 'cancelled') return undefined;
  const text = answer === 'no-terminal' ? await shell.readInput() : answer.text;
  return text.replace(/\r?\n$/, '');
}
