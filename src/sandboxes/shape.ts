import type { Language, SandboxPolicy } from '../events/plan.ts';
import type { ComingJob, SandboxFile, SandboxJob } from '../ports/sandbox.ts';

/** What a box is made for: everything of a job that cannot be changed once the box has started. */
export interface Shape {
  language: Language;
  policy: SandboxPolicy;
  inputs: string | undefined;
  shared: string | undefined;
  /** Bytes that `output/` has room for. */
  room: number;
  readiness: Readiness;
}

/**
 * `cold`: started for one program. `ahead`: started before there is a program, with the usual
 * libraries. `session`: its runner goes on after a program and starts the next from itself.
 */
export type Readiness = 'cold' | 'ahead' | 'session';

/** Room in `output/` beside what may be handed back: a program may tidy up before it ends. */
const SPARE_BYTES = 1024 * 1024;

/** The shape of the box for a job. */
export function shapeOf({ language, policy, inputs, shared, output }: SandboxJob): Shape {
  const room = roomFor(policy, sizeOf(output));
  return { language, policy, inputs, shared, room, readiness: 'cold' };
}

/** The shape of the box for a job that is likely to come, of a worker that has no files yet. */
export function comingShape({ policy, inputs, shared }: ComingJob, language: Language): Shape {
  return { language, policy, inputs, shared, room: roomFor(policy, 0), readiness: 'ahead' };
}

/**
 * The shape of the box that the programs of a worker share: with room for what they bring along and
 * write anew, so that a worker that writes files keeps its box.
 */
export function sessionShape(job: SandboxJob): Shape {
  const { policy, output } = job;
  const given = Math.max(sizeOf(output), policy.filesBytes);
  return { ...shapeOf(job), room: roomFor(policy, given), readiness: 'session' };
}

/** Whether a box of one shape serves for the other; how it is made ready does not matter. */
export function shapeKey({ language, policy, inputs, shared, room }: Shape): string {
  // How much a program calls and prints is counted by the host, for each program.
  const { toolCalls: _, outputChars: __, ...made } = policy;
  return JSON.stringify([language, made, inputs ?? null, shared ?? null, room]);
}

function sizeOf(files: readonly SandboxFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Files that a worker brings along count besides, in steps, so that boxes can be made ahead. */
function roomFor({ filesBytes }: SandboxPolicy, given: number): number {
  const step = given === 0 ? 0 : 2 ** Math.ceil(Math.log2(given));
  return filesBytes + SPARE_BYTES + step;
}
