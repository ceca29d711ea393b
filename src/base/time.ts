const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Milliseconds of `'90s'`, `'5m'`, `'1.5h'`, `'250ms'`; a bare number counts seconds; else undefined. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  if (!match) return undefined;
  return Number(match[1]) * (UNITS[match[2] ?? 's'] ?? 1000);
}

/** A duration for people: `850ms`, `4.1s`, `1m12s`, `2h05m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)}s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h${pad(Math.floor((seconds % 3600) / 60))}m`;
}

/**
 * A run id: `r-` and ten characters that sort by time: six of the clock in steps of two seconds,
 * four random ones. `random` holds at least four bytes.
 */
export function runId(now: number, random: Uint8Array): string {
  let steps = Math.floor(now / 2000);
  let time = '';
  for (let index = 0; index < 6; index++) {
    time = ALPHABET.charAt(steps % 32) + time;
    steps = Math.floor(steps / 32);
  }
  const tail = [0, 1, 2, 3].map((index) => ALPHABET.charAt((random[index] ?? 0) % 32)).join('');
  return `r-${time}${tail}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
