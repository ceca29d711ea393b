/** A tool that puts the results of a fan-out together: it is called once, with all of them. */
import { tool } from 'awp-agents';
import { z } from 'zod';

const result = z.object({ stars: z.number().optional(), mood: z.string().optional() });

export const rank = tool({
  name: 'reviews.rank',
  description: 'Puts opinions in order, the best first.',
  input: z.object({ items: z.array(result) }),
  idempotent: true,
  sideEffects: false,
  execute: ({ items }) => ({
    // What failed has no stars.
    ranking: items
      .flatMap(({ stars, mood }) => (stars === undefined ? [] : [{ stars, mood }]))
      .toSorted((a, b) => b.stars - a.stars),
  }),
});
