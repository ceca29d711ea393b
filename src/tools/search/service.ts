import type { JsonObject } from '../../base/json.ts';

/** What is searched for. */
export interface Search {
  query: string;
  /** Results that are wanted, 1 to 100. */
  most: number;
  /** `en`, `de-AT`: as the caller wrote it. */
  language: string;
}

/** A request for one page of results, below the address of a service. */
export interface PageRequest {
  /** Begins with a slash. */
  path: string;
  /** Parameters of the address. */
  parameters?: Readonly<Record<string, string>>;
  /** Is posted as JSON. */
  body?: JsonObject;
}

/** Where a result has what we want. */
export interface ResultFields {
  /** Keys that lead to the list of results. */
  list: readonly string[];
  /** The key of a result's snippet. */
  snippet: string;
}

/** A search service: what it is called, how it is asked, and where its answer has the results. */
export interface SearchService {
  name: string;
  /** The variable that has its key; undefined when it takes none. */
  key: string | undefined;
  /** The variable that has its address, and where it is when that is not set. */
  address: { variable: string; usual: string | undefined };
  /** Headers that carry the key. */
  keyHeaders(key: string): Readonly<Record<string, string>>;
  /** Pages that it has at most. */
  pages: number;
  /** Whether it can be told a language. */
  takesLanguage: boolean;
  /** Why it cannot take a query, as a sentence. */
  queryProblem(query: string): string | undefined;
  /** How a page is asked for; the first is 0. */
  page(search: Search, page: number): PageRequest;
  fields: ResultFields;
}
