/** A tool in TypeScript. `awp-agents` and `zod` are found wherever the workflow's folder is. */
import { tool } from 'awp-agents';
import { z } from 'zod';

const KILOGRAMS = { kg: 1, g: 0.001, lb: 0.45359237, oz: 0.028349523125 };
const unit = z.enum(['kg', 'g', 'lb', 'oz']);

export const convert = tool({
  name: 'units.convert',
  description: 'Converts a weight from one unit to another.',
  input: z.object({ amount: z.number().nonnegative(), from: unit, to: unit.default('kg') }),
  idempotent: true,
  sideEffects: false,
  execute: ({ amount, from, to }) => ({
    amount: Number(((amount * KILOGRAMS[from]) / KILOGRAMS[to]).toFixed(6)),
    unit: to,
  }),
});
