import { AwpError } from '../base/errors.ts';
import type { Secrets } from '../ports/effects.ts';
import type { Price } from '../ports/model-provider.ts';

/** US dollars for a million tokens, by model string or by the service's own name of the model. */
export type PriceList = ReadonlyMap<string, Price>;

/** The price under the first name that the list has; undefined is unknown, which is not free. */
export function priceOf(prices: PriceList, names: readonly string[]): Price | undefined {
  const name = names.find((candidate) => prices.has(candidate));
  const price = name === undefined ? undefined : prices.get(name);
  if (price && !amountsOf(price).every(isPrice)) {
    throw new AwpError(
      'usage/bad-price',
      `the price of ${name} is not made of amounts of US dollars`,
      {
        hint: 'give input and output, and cachedInput if you like, in US dollars for a million tokens, for example 0.5 and 1.5',
      },
    );
  }
  return price;
}

/** Every amount in a price; cached input may be left out. */
function amountsOf({ input, output, cachedInput = 0, cacheWrite = 0, long }: Price): unknown[] {
  return [
    input,
    output,
    cachedInput,
    cacheWrite,
    ...(long ? [long.above, ...amountsOf(long)] : []),
  ];
}

/**
 * The price of the models behind LLM_BASE_URL: LLM_PRICE_INPUT and LLM_PRICE_OUTPUT, US dollars
 * for a million tokens. Undefined when neither is set; throws `usage/bad-price`.
 */
export function priceFromEnvironment(secrets: Secrets): Price | undefined {
  const texts = [secrets.get('LLM_PRICE_INPUT'), secrets.get('LLM_PRICE_OUTPUT')];
  if (texts.every((text) => text === undefined)) return undefined;
  const [input, output] = texts.map((text) => (text?.trim() ? Number(text) : Number.NaN));
  if (isPrice(input) && isPrice(output)) return { input, output };
  throw new AwpError(
    'usage/bad-price',
    'LLM_PRICE_INPUT and LLM_PRICE_OUTPUT must both be numbers of US dollars for a million tokens',
    { hint: 'set both, for example LLM_PRICE_INPUT=0.5 LLM_PRICE_OUTPUT=1.5, or neither' },
  );
}

function isPrice(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
