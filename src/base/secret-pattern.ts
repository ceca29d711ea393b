/** Lines of a longer secret are secrets too, if they have so many characters: a key in PEM form. */
const SHORTEST_LINE = 16;
/** The frame around such a key is no secret. */
const FRAME = /^-----/;

/**
 * A pattern that finds secrets in a text: as they are, JSON-escaped, percent-coded, in hexadecimal,
 * and in both base64 alphabets, also inside a longer base64 text; the longest spelling first.
 * Secrets shorter than `shortest` characters would blank out ordinary words and are left out;
 * undefined when none is left (reliability-security T14).
 */
export function secretPattern(secrets: readonly string[], shortest: number): RegExp | undefined {
  const spellings = secretSpellings(secrets, shortest);
  if (spellings.length === 0) return undefined;
  return new RegExp(spellings.map(escaped).join('|'), 'gi');
}

/**
 * All spellings that `secretPattern` finds, the longest first; upper and lower case count as the
 * same. Lines of secrets that have several are spelled on their own as well.
 */
export function secretSpellings(secrets: readonly string[], shortest: number): string[] {
  const long = secrets.flatMap(withLines).filter((secret) => secret.length >= shortest);
  const spellings = new Set([...new Set(long)].flatMap(spellingsOf));
  return [...spellings]
    .filter((spelling) => spelling.length >= shortest)
    .sort((a, b) => b.length - a.length);
}

/** A secret is also printed without the spaces around it, and one of several lines line by line. */
function withLines(secret: string): string[] {
  const lines = secret.trim().split(/\r?\n/);
  const long = lines.filter((line) => line.length >= SHORTEST_LINE && !FRAME.test(line));
  return [secret, lines.join('\n'), lines.join('\r\n'), ...long];
}

function spellingsOf(key: string): string[] {
  const bytes = Buffer.from(key, 'utf8');
  const hex = bytes.toString('hex');
  const json = inJson(key);
  const base64 = [0, 1, 2].map((shift) => base64Inside(bytes, shift));
  return [
    ...[key, json, asciiOnly(json), json.replaceAll('/', '\\/'), inJson(json)],
    ...percentCoded(key),
    ...[hex, hex.replace(/../g, '%$&'), hex.replace(/../g, '\\x$&')],
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** JSON as programs write it that escape every character beyond ASCII. */
function asciiOnly(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Percent-coding as URLs, query strings, forms and Python write it. */
function percentCoded(key: string): string[] {
  // A lone half of a surrogate pair has no bytes of its own.
  const component = encodeURIComponent(key.toWellFormed());
  const strict = component.replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const forms = new URLSearchParams({ k: key }).toString().slice(2);
  return [component, strict, strict.replaceAll('%2F', '/'), forms, forms.replaceAll('%20', '+')];
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
