/** What stands for a secret in a header; whoever sends the request puts the value there (decision 32). */
const TOKEN = /secret:\/\/([A-Za-z_][A-Za-z0-9_]*)/g;
const BASIC = /^(basic\s+)([A-Za-z0-9+/]+={0,2})$/i;

/** Puts values in the place of `secret://NAME`. */
export function fillTokens(text: string, reveal: (name: string) => string): string {
  return text.replace(TOKEN, (_, name: string) => reveal(name));
}

/** Whether the value of a header asks for a secret, as it stands or inside of the Basic scheme. */
export function asksSecret(value: string): boolean {
  return hasToken(value) || hasToken(basicPair(value)?.pair ?? '');
}

/** The value of a header with secrets in it. */
export interface FilledHeader {
  value: string;
  /** User and password of the Basic scheme, which come back when a server repeats the header. */
  pair?: string;
}

/** Puts values in the place of `secret://NAME` in the value of a header, also inside of the Basic scheme. */
export function fillHeader(value: string, reveal: (name: string) => string): FilledHeader {
  const basic = basicPair(value);
  if (!basic || !hasToken(basic.pair)) return { value: fillTokens(value, reveal) };
  const pair = fillTokens(basic.pair, reveal);
  return { value: basic.scheme + Buffer.from(pair, 'latin1').toString('base64'), pair };
}

function hasToken(text: string): boolean {
  return text.search(TOKEN) >= 0;
}

/** User and password of the Basic scheme, which a program has encoded. */
function basicPair(value: string): { scheme: string; pair: string } | undefined {
  const [, scheme, coded] = BASIC.exec(value) ?? [];
  if (scheme === undefined || coded === undefined) return undefined;
  return { scheme, pair: Buffer.from(coded, 'base64').toString('latin1') };
}
