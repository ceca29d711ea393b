import type { JsonObject } from '../../../../base/json.ts';
import type { GateName } from '../../../../events/plan-policy.ts';
import type { Artifact } from '../../../../events/state.ts';
import type { LoopLook } from '../look.ts';

/** A file of the run, as far as it was looked at. */
export interface SeenFile extends Pick<Artifact, 'path' | 'name' | 'bytes'> {
  /** Its beginning; undefined when it was not read, because there are too many or it is gone. */
  head: Uint8Array | undefined;
  /** Whether it should have been read and could not be. */
  lost: boolean;
}

/** What gates look at besides the log: contents of files, and checks that take their time. */
export interface Evidence {
  /** The result that the manager wants to end with. */
  result: JsonObject;
  /** Files of the manager's workers and of all below them, by path. */
  files: readonly SeenFile[];
  /** Whether the run has a file of this path or name with something in it. */
  hasFile(path: string): boolean;
  /** What of the result does not meet the contract of the loop. */
  contract: readonly string[];
  /** What of files does not meet the schemas that the plan has for them. */
  misfits: readonly string[];
}

/** Why a result is refused. */
export interface Rejection {
  /** One sentence without a full stop. */
  reason: string;
  /** One line each. */
  defects: readonly string[];
}

/** One check on an ending. It never accepts; it only speaks against (spec, runtime 4.9). */
export interface Gate {
  name: GateName | 'critique';
  check(look: LoopLook, evidence: Evidence): Rejection | undefined;
}
