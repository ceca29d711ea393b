import type { Tool } from '../ports/tool.ts';
import { failure, numberOf, success } from './results.ts';

const OPERANDS = {
  type: 'object',
  properties: { a: { type: 'number' }, b: { type: 'number' } },
  required: ['a', 'b'],
  additionalProperties: false,
};

/** `arithmetic.add`, `.subtract`, `.multiply` and `.divide` of two numbers (spec, 1.5). */
export const arithmeticTools: readonly Tool[] = [
  arithmetic('add', 'Add two numbers: a + b.', (a, b) => a + b),
  arithmetic('subtract', 'Subtract two numbers: a - b.', (a, b) => a - b),
  arithmetic('multiply', 'Multiply two numbers: a * b.', (a, b) => a * b),
  arithmetic('divide', 'Divide two numbers: a / b.', (a, b) => a / b),
];

function arithmetic(
  action: string,
  description: string,
  compute: (a: number, b: number) => number,
): Tool {
  return {
    name: `arithmetic.${action}`,
    description,
    parameters: OPERANDS,
    idempotent: true,
    async run(args) {
      const b = numberOf(args, 'b') ?? 0;
      if (action === 'divide' && b === 0) return failure(400, 'division by zero');
      const result = compute(numberOf(args, 'a') ?? 0, b);
      if (!Number.isFinite(result)) return failure(400, 'the result is too large for a number');
      return success({ result });
    },
  };
}
