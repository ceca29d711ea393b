import type { Brain } from './brain.ts';

/** One way to run a manager with workers: what `prepare` gives runs one brain from start to end. */
export interface LoopEngine {
  prepare(): Promise<(brain: Brain) => Promise<unknown>>;
}

/** JSON Schema of the tool that starts a worker. */
export const DELEGATE = {
  type: 'object',
  properties: { task: { type: 'string' } },
  required: ['task'],
  additionalProperties: false,
};

/** JSON Schema of the tool of the workers. */
export const ADD = {
  type: 'object',
  properties: { a: { type: 'number' }, b: { type: 'number' } },
  required: ['a', 'b'],
  additionalProperties: false,
};
