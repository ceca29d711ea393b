import { isObject, type Json } from '../base/json.ts';

/** Name and value of a header, in the order in which they are sent. */
export type RequestHeaders = readonly (readonly [name: string, value: string])[];

const NAME = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
/** What the client can send: everything of Latin-1 that does not end a line. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What belongs to the connection or to a proxy, or is made by the client from the request itself. */
const NOT_SETTABLE =
  /^(?:connection|content-length|expect|host|http2-settings|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;

/** The headers of a call; the schema has been checked, so that every value is a text. */
export function headersOf(headers: Json | undefined): RequestHeaders {
  if (!isObject(headers)) return [];
  return Object.entries(headers).map(([name, value]) => [name, String(value)]);
}

/**
 * Why headers cannot be sent, as a sentence; undefined when they can. Refused is what would end a
 * line, stands there twice, or changes where the request goes (spec, capabilities 12.5, row 92).
 */
export function headerProblem(headers: RequestHeaders): string | undefined {
  const seen = new Set<string>();
  for (const [name, value] of headers) {
    if (!NAME.test(name)) return `${JSON.stringify(name)} is no name of a header`;
    if (NOT_SETTABLE.test(name)) {
      return `the header ${name} belongs to the connection and cannot be set`;
    }
    if (!VALUE.test(value)) return `the header ${name} has characters that no header can hold`;
    if (seen.has(name.toLowerCase())) return `the header ${name} is there twice`;
    seen.add(name.toLowerCase());
  }
  return undefined;
}
