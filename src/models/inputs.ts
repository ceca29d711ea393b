import { z } from 'zod';
import { field } from './field.ts';

/** `inputs`: what a run is given, by name; files and sources as well as values (surfaces 7). */
export const inputsSchema = z.record(
  z.string(),
  z.strictObject({
    type: field(
      z.enum([
        'string',
        'number',
        'integer',
        'boolean',
        'object',
        'array',
        'file',
        'image',
        'table',
      ]),
      'Kind of the value.',
    ).default('string'),
    description: field(z.string(), 'What it is, for people and models.').optional(),
    required: field(z.boolean(), 'Whether a run needs it.').default(false),
    default: field(z.json(), 'Value when none is given.').optional(),
    source: field(
      z.string(),
      'Where it comes from when none is given: a path or an address.',
    ).optional(),
  }),
);
