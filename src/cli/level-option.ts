import { LEVELS, type Level } from '../models/common.ts';
import type { Arguments } from './command.ts';
import { parseChoice } from './values.ts';

/** The levels of the older vocabulary (validation 2). */
const OLDER: ReadonlyMap<string, Level> = new Map<string, Level>([
  ['L0', 'A0'],
  ['L1', 'A1'],
  ['L2', 'A1'],
  ['L3', 'A1'],
  ['L4', 'A1'],
  ['L5', 'A4'],
]);

/** `--level`, in the newer and the older vocabulary. Throws `usage/bad-option`. */
export function levelOption(args: Arguments): { level?: Level } {
  const text = args.text('level')?.toUpperCase();
  if (text === undefined) return {};
  return { level: parseChoice('level', OLDER.get(text) ?? text, LEVELS) };
}
