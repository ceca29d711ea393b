import { LEVELS, type Level, OLDER_LEVELS } from '../models/level.ts';
import type { Arguments } from './command.ts';
import { parseChoice } from './values.ts';

/** `--level`, in the newer and the older vocabulary. Throws `usage/bad-option`. */
export function levelOption(args: Arguments): { level?: Level } {
  const text = args.text('level')?.toUpperCase();
  if (text === undefined) return {};
  return { level: parseChoice('level', OLDER_LEVELS.get(text) ?? text, LEVELS) };
}
