import type { SearchService } from './service.ts';

/** A SearXNG server, with `json` among its `search.formats`: https://docs.searxng.org. */
export const searxng: SearchService = {
  name: 'searxng',
  key: undefined,
  address: { variable: 'SEARXNG_URL', usual: undefined },
  keyHeaders: () => ({}),
  // The server says how many results a page has; usual are 10 to 30.
  pages: 10,
  takesLanguage: true,
  queryProblem: () => undefined,
  page: ({ query, language }, page) => ({
    path: '/search',
    parameters: { q: query, format: 'json', language, pageno: String(page + 1) },
  }),
  fields: { list: ['results'], snippet: 'content' },
};
