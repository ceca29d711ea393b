import { secretPattern } from '../base/secret-pattern.ts';
import { P } from './codes.ts';
import { IGNORE_FILE } from './exclude.ts';
import type { Problems } from './problems.ts';

/** Shapes of keys that their services give out; each is told by its beginning and its length. */
const SHAPES: readonly { what: string; pattern: RegExp }[] = [
  { what: 'a private key', pattern: /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY-----/g },
  { what: 'a key of a model service', pattern: /\bsk-[A-Za-z0-9_-]{20,200}/g },
  { what: 'a key of a model service', pattern: /\b(?:gsk|hf|r8|xai|pplx)[_-][A-Za-z0-9]{30,200}/g },
  { what: 'an access key of a cloud', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { what: 'an API key of a cloud', pattern: /\bAIza[A-Za-z0-9_-]{35}/g },
  { what: 'a token of a code host', pattern: /\bgh[pousr]_[A-Za-z0-9]{36,255}/g },
  { what: 'a token of a code host', pattern: /\bgithub_pat_[A-Za-z0-9_]{40,255}/g },
  { what: 'a token of a code host', pattern: /\bglpat-[A-Za-z0-9_-]{20,100}/g },
  { what: 'a token of a registry', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { what: 'a token of a chat service', pattern: /\bxox[abeprs]-[A-Za-z0-9-]{10,200}/g },
  { what: 'a key of a payment service', pattern: /\b[rs]k_live_[A-Za-z0-9]{20,200}/g },
  {
    what: 'a signed token',
    pattern: /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,2000}/g,
  },
];

/** Shortest value that is looked for: shorter ones would be found in ordinary words. */
const SHORTEST = 8;

/**
 * Reports every line of a file that has what looks like a key, or one of the `known` values in any
 * usual coding. The found text itself is never told.
 */
export function scanForSecrets(
  files: ReadonlyMap<string, Uint8Array>,
  known: readonly string[],
  problems: Problems,
): void {
  const values = secretPattern(known, SHORTEST);
  const patterns = [
    ...(values ? [{ what: 'the value of a secret of this machine', pattern: values }] : []),
    ...SHAPES,
  ];
  for (const [file, data] of files) {
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
    for (const [line, what] of secretLines(text, patterns)) {
      const message = `there is what looks like ${what}`;
      const help = `write $NAME and keep the value in the environment, or list the file in ${IGNORE_FILE}; --allow-secrets if it is none`;
      problems.report({ code: P.secret, file, message, help, line });
    }
  }
}

function secretLines(
  text: string,
  patterns: readonly { what: string; pattern: RegExp }[],
): Map<number, string> {
  const lines = new Map<number, string>();
  for (const { what, pattern } of patterns) {
    for (const { index } of text.matchAll(pattern)) {
      const line = lineOf(text, index);
      if (!lines.has(line)) lines.set(line, what);
    }
  }
  return new Map([...lines].sort(([one], [other]) => one - other));
}

function lineOf(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1))
    line++;
  return line;
}

/** `NAME=value` lines whose value is a secret by its name. */
const SECRET_NAME = /(key|token|secret|password|passwd|credential)/i;

/** Values of the secrets in the text of a `.env` file. */
export function secretValuesIn(env: string): string[] {
  return env.split(/\r?\n/).flatMap((line) => {
    const [, name = '', value = ''] = /^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const bare = value.replace(/^(['"])(.*)\1$/, '$2');
    return SECRET_NAME.test(name) && bare.length >= SHORTEST ? [bare] : [];
  });
}
