import type { MessageImage } from '../../events/event.ts';
import type { Plan, PlanInput } from '../../events/plan.ts';
import type { PlanAgent } from '../../events/plan-graph.ts';

/** Kinds of image that models take, by the suffixes of files. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
]);

/** The images among a run's inputs, as an agent that sees gets them (surfaces 7.9, `vision`). */
export interface SeenImages {
  images: readonly MessageImage[];
  /** Those that it is not shown, with the reason. */
  left: readonly { path: string; reason: string }[];
}

/** What an agent is shown of the run's images: none without `vision`. */
export function imagesFor(
  { inputs }: Pick<Plan, 'inputs'>,
  { vision }: Pick<PlanAgent, 'vision'>,
): SeenImages {
  const images: MessageImage[] = [];
  const left: { path: string; reason: string }[] = [];
  if (!vision) return { images, left };
  const taken = new Set(vision.formats.map((format) => TYPES.get(plain(format))));
  for (const { path, sha256, bytes = 0 } of inputs.filter(isImage)) {
    const type = typeOf(path);
    const reason = taken.has(type)
      ? refusal(images.length, bytes, vision)
      : 'this kind of image is not among those that it sees';
    if (reason !== undefined) left.push({ path: `inputs/${path}`, reason });
    else images.push({ path: `inputs/${path}`, type: type ?? '', sha256 });
  }
  return { images, left };
}

function refusal(
  count: number,
  bytes: number,
  { maxImages, maxBytes }: NonNullable<PlanAgent['vision']>,
): string | undefined {
  if (bytes > maxBytes) return `it has more than ${maxBytes} bytes`;
  return count < maxImages ? undefined : `only ${maxImages} are shown`;
}

function isImage(input: PlanInput): input is PlanInput & { path: string; sha256: string } {
  return input.path !== undefined && input.sha256 !== undefined && typeOf(input.path) !== undefined;
}

function typeOf(path: string): string | undefined {
  const dot = path.lastIndexOf('.');
  return dot < 0 ? undefined : TYPES.get(plain(path.slice(dot)));
}

function plain(suffix: string): string {
  return suffix.toLowerCase().replace(/^\./, '');
}
