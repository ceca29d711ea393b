/** The text of a skill as a manager writes one, with what a test changes of it. */
export function skillText(
  name: string,
  change: { fields?: Readonly<Record<string, string | undefined>>; body?: string } = {},
): string {
  const fields = { name, domain: 'statistics', scope: 'project', version: '1.0.0' };
  const all: Record<string, string | undefined> = { ...fields, ...change.fields };
  const lines = Object.entries(all).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}: ${value}`],
  );
  return ['---', ...lines, '---', change.body ?? BODY].join('\n');
}

/** What is below the front matter of a good skill. */
export const BODY = `# Counting

## Purpose
How groups are compared without being misled by their sizes.

## Concepts
- rate: what happened, divided by how often it could have happened
- base: how often something could have happened
- gap: the difference between two rates

## Rules
1. Compare rates and never plain counts.
2. Name the base of each rate next to it.`;
