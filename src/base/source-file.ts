/** A place in a text: line and column, both counted from 1, columns in UTF-16 units. */
export interface Position {
  line: number;
  column: number;
}

/** From the first character to the one behind the last. */
export interface Range {
  start: Position;
  end: Position;
}

/** A text file with the offsets at which its lines start. */
export interface SourceFile {
  /** Path as the reader is to see it: from the folder of the workflow, with `/`. */
  path: string;
  text: string;
  lineStarts: readonly number[];
}

/** A text with its lines counted; a line ends at `\n`. */
export function sourceFile(path: string, text: string): SourceFile {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    lineStarts.push(at + 1);
  }
  return { path, text, lineStarts };
}

/** The place of an offset; one beyond the text is its end. */
export function positionAt({ text, lineStarts }: SourceFile, offset: number): Position {
  const wanted = Math.max(0, Math.min(offset, text.length));
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= wanted) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: wanted - (lineStarts[low] ?? 0) + 1 };
}

/** The text of one line, counted from 1, without its end. */
export function lineAt({ text, lineStarts }: SourceFile, line: number): string {
  const from = lineStarts[line - 1];
  if (from === undefined) return '';
  const next = lineStarts[line];
  return text.slice(from, next === undefined ? text.length : next - 1).replace(/\r$/, '');
}
