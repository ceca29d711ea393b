/** Entries of one board. */
export const MOST_ENTRIES = 1000;
