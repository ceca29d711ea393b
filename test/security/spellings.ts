/** How a secret can be written; each is looked for by itself, without what the program looks with. */
export function spellingsOf(secret: string): readonly (readonly [string, string])[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [
    ['as it is', secret],
    ['percent-coded', encodeURIComponent(secret)],
    ['base64', bytes.toString('base64').replace(/=+$/, '')],
    ['base64url', bytes.toString('base64url')],
    ['hexadecimal', bytes.toString('hex')],
    ['hexadecimal in capitals', bytes.toString('hex').toUpperCase()],
    ['JSON text', JSON.stringify(secret).slice(1, -1)],
  ];
}

/** Which spellings of a secret a text has. */
export function spellingsIn(text: string, secret: string): string[] {
  return spellingsOf(secret).flatMap(([name, spelling]) => (text.includes(spelling) ? [name] : []));
}
