const MARK = '[key removed]';
/** Shorter values are words of the language rather than keys. */
const SHORTEST = 4;

/**
 * Makes a function that takes keys out of text that a service sent: as they are, JSON-escaped,
 * percent-coded, in hexadecimal, and in both base64 alphabets, also inside a longer base64 text.
 */
export function redactor(keys: readonly string[]): (text: string) => string {
  const spellings = keys.filter((key) => key.length >= SHORTEST).flatMap(spellingsOf);
  if (spellings.length === 0) return (text) => text;
  const longestFirst = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escaped).join('|'), 'gi');
  return (text) => text.replace(pattern, MARK);
}

function spellingsOf(key: string): string[] {
  const bytes = Buffer.from(key, 'utf8');
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((shift) => base64Inside(bytes, shift));
  return [
    key,
    JSON.stringify(key).slice(1, -1),
    encodeURIComponent(key),
    hex.replace(/../g, '%$&'),
    hex,
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** The characters that the bytes alone decide when `shift` bytes stand before them. */
function base64Inside(bytes: Uint8Array, shift: number): string {
  const whole = Buffer.concat([new Uint8Array(shift), bytes]).toString('base64');
  const text = whole.replace(/=+$/, '');
  const from = Math.ceil((shift * 8) / 6);
  const to = Math.floor(((shift + bytes.length) * 8) / 6);
  return text.slice(from, to);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
