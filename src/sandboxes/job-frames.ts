import { AwpError } from '../base/errors.ts';
import { normalPath, pathProblem } from '../base/paths.ts';
import type { SandboxJob } from '../ports/sandbox.ts';
import { encodeFrame, type Frame } from './frames.ts';

/** The job as frames: what goes into a box, in the order in which the runners read it. */

/** Bounds of what one program may hand back; the files that it was given count besides. */
export function collectLimits({ policy, output }: SandboxJob): { files: number; bytes: number } {
  const given = output.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { files: policy.files + output.length, bytes: policy.filesBytes + given };
}

/**
 * The frames that tell a box what to run; the last one is for the collector, which reads it when
 * the program is over. Throws `sandbox/refused` for a path that may not be.
 */
export function jobFrames(job: SandboxJob, more: readonly Frame[] = []): Uint8Array {
  const { files, bytes } = collectLimits(job);
  const frames = [
    frame('C', '', job.code),
    ...job.output.map(outputFrame),
    ...(job.args ?? []).map((word) => frame('A', '', word)),
    ...(job.tools?.names ?? []).map((name) => frame('T', name, orderOf(job, name))),
    ...(job.secrets?.names ?? []).map((name) => frame('K', name)),
    ...(job.stdin ? [{ kind: 'I', name: '', payload: job.stdin }] : []),
    ...more,
    frame('G', ''),
    frame('L', '', `files=${files}\nbytes=${bytes}`),
  ];
  return Buffer.concat(frames.map(encodeFrame));
}

/** The names of a tool's arguments in their order, where they are known. */
function orderOf({ tools }: SandboxJob, name: string): string {
  const order = tools?.orders?.get(name);
  return order && order.length > 0 ? JSON.stringify(order) : '';
}

function frame(kind: string, name: string, text = ''): Frame {
  return { kind, name, payload: new TextEncoder().encode(text) };
}

function outputFrame({ path, bytes }: SandboxJob['output'][number]): Frame {
  const problem = pathProblem(path) ?? (normalPath(path) === '' ? 'the path is empty' : undefined);
  if (problem) throw new AwpError('sandbox/refused', `output/${path} cannot go in: ${problem}`);
  return { kind: 'F', name: normalPath(path), payload: bytes };
}
