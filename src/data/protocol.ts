import type { JsonObject } from '../base/json.ts';
import type { ComplianceOptions, ComplianceReport } from './compliance.ts';
import type { SchemaName } from './json-schema.ts';
import type {
  PackOptions,
  PackResult,
  UnpackOptions,
  UnpackResult,
  VerifyOptions,
  VerifyResult,
} from './packages.ts';
import type { ValidateOptions, ValidationReport } from './validate.ts';

// Schemas, rules and archives are loaded by the first call: who only runs a task waits for none.

/**
 * Holds a workflow (folder, manifest or agent file) against the standard: syntax, fields,
 * expressions, rules R1 to R32 and its autonomy level, all problems in one pass. Throws
 * `spec/no-workflow` when there is nothing at `path`.
 */
export async function validate(
  path: string,
  options: ValidateOptions = {},
): Promise<ValidationReport> {
  return (await import('./validate.ts')).validate(path, options);
}

/**
 * Holds a workflow against the autonomy levels A0 to A4 (validation 2), on what is written.
 * Throws `spec/no-workflow`.
 */
export async function compliance(
  path: string,
  options: ComplianceOptions = {},
): Promise<ComplianceReport> {
  return (await import('./compliance.ts')).compliance(path, options);
}

/**
 * Writes a workflow folder as one `.awp.zip`, with the same bytes for the same files. Throws
 * `spec/invalid` when it has errors and `spec/package-refused` with P diagnostics.
 */
export async function pack(folder: string, options: PackOptions = {}): Promise<PackResult> {
  return (await import('./packages.ts')).pack(folder, options);
}

/** Says what is wrong with a package, without unpacking it. Throws `spec/no-package`. */
export async function verify(archive: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  return (await import('./packages.ts')).verify(archive, options);
}

/**
 * Verifies a package and writes its folder, or nothing. Throws `spec/no-package`,
 * `spec/package-refused` with P diagnostics, and `usage/target-exists`.
 */
export async function unpack(archive: string, options: UnpackOptions = {}): Promise<UnpackResult> {
  return (await import('./packages.ts')).unpack(archive, options);
}

/**
 * The JSON Schema (draft 2020-12) of `workflow.awp.yaml`, `agent.awp.yaml`, an event of a run, or
 * its result object. All objects are closed.
 */
export async function jsonSchema(name: SchemaName): Promise<JsonObject> {
  return (await import('./json-schema.ts')).jsonSchema(name);
}
