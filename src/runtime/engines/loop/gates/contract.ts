import type { Gate } from './gate.ts';

/** The result meets the contract of the loop: required fields, its schema, the typed output. */
export const contractGate: Gate = {
  name: 'contract',
  check(_look, { contract }) {
    if (contract.length === 0) return undefined;
    return { reason: 'the result does not meet its contract', defects: contract };
  },
};
