import type { JsonObject } from '../../../src/base/json.ts';
import { toolsmith } from '../../../src/tools/created/index.ts';
import { draftOf } from './makers.ts';

/** The file of a tool that is right in all that nobody changes, as JSON. */
export function keptText(name: string, change: JsonObject = {}): string {
  const { description, parameters, code, language } = draftOf(name);
  const file = { fqn: name, description, parameters, code, language, meta: {} };
  return JSON.stringify({
    ...file,
    repair_attempts: 0,
    provenance: { creator_agent: 'earlier', created_at: '2026-01-02T03:04:05Z', run: 'r-old' },
    ...change,
  });
}

/** The same with its SHA-256. */
export function hashedText(name: string, change: JsonObject = {}): string {
  const file = JSON.parse(keptText(name, change));
  const { fqn, parameters, code } = file;
  const draft = { name: fqn, parameters, code, description: '', secrets: [] };
  const code_hash = toolsmith.hashOf({ ...draft, language: file.language });
  return JSON.stringify({ ...file, code_hash });
}
