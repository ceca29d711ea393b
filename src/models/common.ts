import { z } from 'zod';

export { RESERVED_NAMESPACES, TOOL_NAME } from '../base/tool-names.ts';

/** SemVer 2.0.0, as its own grammar has it (rule R1). */
export const SEMVER =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;
/** Name of a workflow (rule R2). */
export const WORKFLOW_NAME = /^[a-z][a-z0-9_-]{0,62}[a-z0-9]$/;
/** The name of a workflow (rule R2) nearest to a text, such as a folder's; undefined if none is. */
export function workflowNameFrom(text: string): string | undefined {
  const legal = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 64)
    .replace(/[_-]+$/, '');
  return WORKFLOW_NAME.test(legal) ? legal : undefined;
}

/** Id of an agent (rule R12). */
export const AGENT_ID = /^[a-z][a-z0-9_]{0,46}[a-z0-9]$/;
/** An id that is read: as R12 wants it, or the single letter that it warns of. */
export const READABLE_ID = /^[a-z](?:[a-z0-9_]{0,46}[a-z0-9])?$/;
/** A version that is read: SemVer 2.0.0, or the "1.0" that R1 warns of. */
export const READABLE_VERSION = new RegExp(`${SEMVER.source}|^1\\.0$`);
/** Keys of the state that only the runtime writes (rule R13). */
export const RESERVED_STATE_KEYS: readonly string[] = ['_meta', '_errors', '_trace', '_workflow'];

/** SemVer 2.0.0 as text. */
export const semver = z.string().regex(SEMVER);
/** A list of texts. */
export const texts = z.array(z.string());
/** Any map with text keys. */
export const anyMap = z.record(z.string(), z.json());
/** A limit: null is unlimited, zero is none (decision 11). */
export const limit = z.number().nonnegative().nullable();
/** A whole limit: null is unlimited, zero is none (decision 11). */
export const wholeLimit = z.int().nonnegative().nullable();
/** A number of things that is at least one. */
export const count = z.int().positive();
/** A share between 0 and 1. */
export const share = z.number().min(0).max(1);
/** Seconds, more than none. */
export const seconds = z.number().positive();
