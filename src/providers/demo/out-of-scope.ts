import { ModelError, NO_USAGE } from '../../ports/model-provider.ts';

/** The error of everything that the demo does not do. */
export function outOfScope(problem: string): ModelError {
  return new ModelError(
    'model/out-of-scope',
    `${problem}. The demo model follows fixed rules: it profiles a table (CSV, TSV or JSON records) with a numeric column, follows trends, compares groups, finds outliers and peaks`,
    {
      usage: NO_USAGE,
      hint: 'for any other task use a real model: a local one with Ollama (-m ollama/qwen3), or one of OpenRouter with a key (OPENROUTER_API_KEY, -m openrouter/...)',
    },
  );
}
