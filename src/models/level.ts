/** Autonomy levels, lowest first. */
export const LEVELS = ['A0', 'A1', 'A2', 'A3', 'A4'] as const;
/** One of the five autonomy levels. */
export type Level = (typeof LEVELS)[number];

/** The levels of the older vocabulary (validation 2). */
export const OLDER_LEVELS: ReadonlyMap<string, Level> = new Map<string, Level>([
  ['L0', 'A0'],
  ['L1', 'A1'],
  ['L2', 'A1'],
  ['L3', 'A1'],
  ['L4', 'A1'],
  ['L5', 'A4'],
]);
