import { denied } from './failures.ts';

/** Name and value, in the order in which they are sent. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What belongs to one connection, or is made by the client itself. */
const OF_CONNECTION =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|host|http2-settings)$/i;

/** What says nothing about who asks: these alone go along to another origin. */
const HARMLESS =
  /^(?:accept|accept-encoding|accept-language|cache-control|content-type|if-modified-since|if-none-match|range|user-agent)$/i;

/** Whether a value can be sent: nothing in it ends a line. */
export function isSendable(value: string): boolean {
  return VALUE.test(value);
}

/** Throws `network/denied` for headers that could change the meaning of a request. */
export function checkedHeaders(headers: Readonly<Record<string, string>>): HeaderList {
  const list = Object.entries(headers);
  for (const [name, value] of list) {
    if (!TOKEN.test(name)) throw denied(`this is no name of a header: ${JSON.stringify(name)}`);
    if (!isSendable(value)) throw denied(`the header ${name} has characters that end a line`);
    if (OF_CONNECTION.test(name) || /^content-length$/i.test(name)) {
      throw denied(`the header ${name} belongs to the connection and cannot be set`);
    }
  }
  return list;
}

/** Headers that may follow a redirect to another origin: none that could hold a secret. */
export function harmlessHeaders(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => HARMLESS.test(name));
}

/** Headers that describe a body, taken out when there is none any more. */
export function withoutBodyHeaders(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => !/^content-/i.test(name));
}

/** Headers that are passed on by a proxy: none of the connection, nor those that it names. */
export function endToEnd(headers: HeaderList): HeaderList {
  const named = new Set(
    headers
      .filter(([name]) => /^connection$/i.test(name))
      .flatMap(([, value]) => value.toLowerCase().split(','))
      .map((name) => name.trim()),
  );
  return headers.filter(([name]) => !OF_CONNECTION.test(name) && !named.has(name.toLowerCase()));
}

/** The value of a header, if it is there. */
export function headerOf(headers: HeaderList, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** Pairs from a flat list of names and values. */
export function pairs(flat: readonly string[]): HeaderList {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as const] : []));
}

/** Pairs from headers by name, some with several values. */
export function listed(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one] as const),
  );
}
