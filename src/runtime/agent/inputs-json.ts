import type { PlanInput } from '../../events/plan.ts';

/** The inputs of the run as prompts tell of them. */
export function inputsJson(inputs: readonly PlanInput[]): string {
  return JSON.stringify(
    inputs.map(({ name, kind, path, bytes, description }) => ({
      name,
      kind,
      ...(path !== undefined && { file: `inputs/${path}` }),
      ...(bytes !== undefined && { bytes }),
      about: parsed(description),
    })),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
