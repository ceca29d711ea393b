import type { ToolProposal } from '../../../events/creation.ts';
import type { ProgramShape } from '../../../events/creation-state.ts';
import type { Plan } from '../../../events/plan.ts';
import type { RunState } from '../../../events/state.ts';
import { proposalOf } from './proposal.ts';

/** Workers that must have run a program before it is proposed (spec, capabilities 4.9). */
const LEAST_WORKERS = 3;

/** What follows from a shape once so many programs of it are known; the same state gives the same. */
const known = new WeakMap<ProgramShape, { size: number; proposal: ToolProposal | undefined }>();

/** The tools that programs propose which are not proposed yet. Pure. */
export function newProposals(
  { creation: policy }: Pick<Plan, 'creation'>,
  { creation, frames }: Pick<RunState, 'creation' | 'frames'>,
): ToolProposal[] {
  const [namespace] = policy?.namespaces ?? [];
  if (!policy?.induction || !creation || !namespace) return [];
  const shapes = new Set([...creation.proposals.values()].map(({ shape }) => shape));
  const names = new Set(creation.proposals.keys());
  return [...creation.shapes].flatMap(([shape, program]) => {
    if (program.literals.size < LEAST_WORKERS || shapes.has(shape)) return [];
    const proposal = ofShape({ shape, program, frames, namespace: namespace.name });
    if (!proposal || names.has(proposal.name)) return [];
    names.add(proposal.name);
    return [proposal];
  });
}

interface Shaped extends Pick<RunState, 'frames'> {
  shape: string;
  program: ProgramShape;
  namespace: string;
}

function ofShape({ shape, program, frames, namespace }: Shaped): ToolProposal | undefined {
  const { size } = program.literals;
  const seen = known.get(program);
  if (seen?.size === size) return seen.proposal;
  const { language, template, literals } = program;
  const workers = workersOf(frames, [...literals.keys()]);
  const programs = [...literals.values()];
  const proposal =
    workers.length < LEAST_WORKERS
      ? undefined
      : proposalOf({ shape, language, template, programs, workers }, namespace);
  known.set(program, { size, proposal });
  return proposal;
}

/** Names that workers were asked for as: one that was asked twice is one. */
function workersOf(frames: RunState['frames'], ids: readonly string[]): string[] {
  const names = ids.flatMap((id) => {
    const frame = frames.get(id);
    return frame ? [frame.askedAs ?? frame.name] : [];
  });
  return [...new Set(names)];
}
