/** A text as one line of at most so many characters. */
export function clipText(text: string, chars: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > chars ? `${line.slice(0, chars)}...` : line;
}
