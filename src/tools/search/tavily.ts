import type { SearchService } from './service.ts';

/** Results of one request; there are no further pages (its API reference: max_results). */
const MOST_RESULTS = 20;

/** The search API of Tavily: https://docs.tavily.com. */
export const tavily: SearchService = {
  name: 'tavily',
  key: 'TAVILY_API_KEY',
  address: { variable: 'TAVILY_URL', usual: 'https://api.tavily.com' },
  keyHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  pages: 1,
  takesLanguage: false,
  queryProblem: () => undefined,
  page: ({ query, most }) => ({
    path: '/search',
    body: { query, max_results: Math.min(most, MOST_RESULTS), search_depth: 'basic' },
  }),
  fields: { list: ['results'], snippet: 'content' },
};
