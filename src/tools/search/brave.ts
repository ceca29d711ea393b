import type { Search, SearchService } from './service.ts';

/** Limits of the service (its API reference: q, count, offset). */
const MOST_CHARS = 400;
const MOST_WORDS = 50;
const PAGE = 20;

/** Languages that the service calls by another name than ISO 639 does. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ja: 'jp',
  no: 'nb',
  pt: 'pt-pt',
  'pt-br': 'pt-br',
  zh: 'zh-hans',
  'zh-tw': 'zh-hant',
  'zh-hk': 'zh-hant',
};

/** The search API of Brave: https://api-dashboard.search.brave.com. */
export const brave: SearchService = {
  name: 'brave',
  key: 'BRAVE_API_KEY',
  address: { variable: 'BRAVE_SEARCH_URL', usual: 'https://api.search.brave.com' },
  keyHeaders: (key) => ({ 'x-subscription-token': key }),
  pages: 5,
  takesLanguage: true,
  queryProblem(query) {
    const words = query.trim().split(/\s+/).length;
    if (query.length <= MOST_CHARS && words <= MOST_WORDS) return undefined;
    return `this search service takes at most ${MOST_CHARS} characters and ${MOST_WORDS} words`;
  },
  page: ({ query, most, language }: Search, page) => ({
    path: '/res/v1/web/search',
    parameters: {
      q: query,
      count: String(Math.min(most, PAGE)),
      offset: String(page),
      search_lang: languageName(language),
      text_decorations: 'false',
      result_filter: 'web',
    },
  }),
  fields: { list: ['web', 'results'], snippet: 'description' },
};

function languageName(language: string): string {
  const whole = language.toLowerCase();
  const [main = whole] = whole.split('-');
  return OTHER_NAMES[whole] ?? OTHER_NAMES[main] ?? main;
}
