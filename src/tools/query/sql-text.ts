/** What is known of a query from its text alone, before anything runs. */
export interface SqlText {
  /** Whether there is anything but space and comments. */
  empty: boolean;
  /** Whether something stands behind the end of the first statement. */
  several: boolean;
  /** Every word and quoted name, in lower case: a table that is asked for is among them. */
  names: ReadonlySet<string>;
  /** How many values `?` and `?3` ask for. */
  positional: number;
  /** Names of `:name`, `@name` and `$name`, without their sign. */
  named: ReadonlySet<string>;
}

/** One piece of the engine's grammar (sqlite.org/lang_expr.html, sqlite.org/lang_keywords.html). */
const PIECE =
  /(?<blank>\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<text>'[^']*(?:''[^']*)*')|(?<quoted>"[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`|\[[^\]]*\])|(?<number>\.?\d[\p{L}\p{N}_.]*)|(?<word>[\p{L}_][\p{L}\p{N}\p{M}_$]*)|(?<place>\?\d*)|(?<value>[:@$#][\p{L}\p{N}_$]+)|(?<end>;)|(?<other>[\s\S])/gu;

/** Looks at the text of a query. A text that makes no sense is left to the engine. */
export function readSql(sql: string): SqlText {
  const found = { names: new Set<string>(), named: new Set<string>() };
  let [empty, ended, several, positional] = [true, false, false, 0];
  for (const { groups = {} } of sql.matchAll(PIECE)) {
    if (groups.blank !== undefined) continue;
    if (groups.end !== undefined) {
      ended = !empty;
      continue;
    }
    empty = false;
    several ||= ended;
    positional = placesAfter(groups.place, positional);
    const name = groups.word ?? (groups.quoted && unquoted(groups.quoted));
    if (name !== undefined) found.names.add(name.toLowerCase());
    if (groups.value !== undefined) found.named.add(groups.value.slice(1));
  }
  return { empty, several, positional, ...found };
}

/** `?` asks for one value more than there were, `?3` for three. */
function placesAfter(place: string | undefined, before: number): number {
  if (place === undefined) return before;
  return place === '?' ? before + 1 : Math.max(before, Number(place.slice(1)));
}

function unquoted(name: string): string {
  const quote = name[0] ?? '';
  return name.slice(1, -1).replaceAll(quote + quote, quote);
}
