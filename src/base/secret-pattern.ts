/**
 * A pattern that finds secrets in a text: as they are, JSON-escaped, percent-coded, in hexadecimal,
 * and in both base64 alphabets, also inside a longer base64 text; the longest spelling first.
 * Secrets shorter than `shortest` characters would blank out ordinary words and are left out;
 * undefined when none is left (reliability-security T14).
 */
export function secretPattern(secrets: readonly string[], shortest: number): RegExp | undefined {
  const long = secrets.filter((secret) => secret.length >= shortest);
  const spellings = [...new Set(long.flatMap(spellingsOf))].filter(
    (spelling) => spelling.length >= shortest,
  );
  if (spellings.length === 0) return undefined;
  const longestFirst = spellings.sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map(escaped).join('|'), 'gi');
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
