import { AwpError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type { Command } from '../command.ts';
import { writeOutput } from '../write-output.ts';

const NAMES = ['workflow', 'agent', 'event', 'result'] as const;

/** `awp schema`: a JSON Schema on standard output. */
export const schemaCommand: Command = {
  name: 'schema',
  summary: 'Print a JSON Schema: workflow, agent, event or result',
  usage: '[NAME] [options]',
  examples: ['awp schema workflow', 'awp schema event -o event.schema.json'],
  options: [
    { name: 'output', short: 'o', value: 'FILE', group: 'OUTPUT', help: 'write it to a file' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const name = nameOf(args.positionals[0] ?? 'workflow');
    const { jsonSchema } = await import('../../data/json-schema.ts');
    const text = `${JSON.stringify(jsonSchema(name), undefined, 2)}\n`;
    await writeOutput(text, args.text('output'), shell);
    return 0;
  },
};

function nameOf(text: string): (typeof NAMES)[number] {
  const known = NAMES.find((name) => name === text);
  if (known) return known;
  const near = nearest(text, NAMES);
  const message = `there is no schema "${text}"; there are ${NAMES.join(', ')}`;
  throw new AwpError('usage/bad-value', message, {
    hint: near === undefined ? 'write awp schema workflow' : `did you mean ${near}?`,
  });
}
