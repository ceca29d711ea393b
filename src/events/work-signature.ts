import { canonicalJson, type JsonObject } from '../base/json.ts';
import type { Envelope } from './decision.ts';

/**
 * What is the same for the same work under another name (spec, runtime 4.6): the instructions without
 * case and layout, what the worker is handed, what it must answer with and what it may use. How warm its
 * model is, how long it may take and who does it do not make another work of it.
 */
export function signatureOf(envelope: Envelope): string {
  const known = signatures.get(envelope) ?? made(envelope);
  signatures.set(envelope, known);
  return known;
}

/** A turn is looked at after each of its facts: each delegation is put into words once. */
const signatures = new WeakMap<Envelope, string>();

function made(envelope: Envelope): string {
  const { instructions, context, contract, toolsAllowed, skills } = envelope;
  const rest: JsonObject = {
    ...(context && { context }),
    ...(contract && {
      contract: { fields: [...contract.requiredFields].sort(), schema: contract.schema ?? null },
    }),
    ...(toolsAllowed && { tools: [...toolsAllowed].sort() }),
    ...(skills && { skills: [...skills].sort() }),
  };
  const words = instructions.toLowerCase().replaceAll(/\s+/g, ' ').trim();
  return `${words}\n${canonicalJson(rest)}`;
}
