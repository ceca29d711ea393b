/** Words that cannot be the name of a table unless they are quoted (sqlite.org/lang_keywords.html). */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(
  `add all alter and as autoincrement between case check collate commit constraint create cross
   current_date current_time current_timestamp default deferrable delete distinct drop else escape
   except exists foreign from full group having in index indexed inner insert intersect into is
   isnull join left limit natural not nothing notnull null on or order outer primary references
   returning right select set table then to transaction union unique update using values when where
   table`.split(/\s+/),
);
