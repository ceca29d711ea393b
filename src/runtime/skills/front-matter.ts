/** The front matter of a text that a model wrote. */
export interface FrontMatter {
  /** Values by the names of their fields, in their order, each on one line. */
  fields: ReadonlyMap<string, string>;
  /** What follows it. */
  body: string;
  /** Lines that are no fields, in sentences. */
  problems: readonly string[];
}

/** `name: value`; the name as front matters have it. */
const FIELD = /^([A-Za-z][\w-]{0,60})[ \t]*:(?:[ \t]+|$)/;

/** Whether a text is meant to begin with front matter: three dashes, and a field in the next line. */
export function hasFrontMatter(text: string): boolean {
  const [first = '', second = ''] = text.replace(/^\ufeff/, '').split(/\r?\n/, 2);
  return /^---[ \t]*$/.test(first) && FIELD.test(second);
}

/**
 * Reads the front matter of a text that `hasFrontMatter`: fields with values of one line, quoted or
 * not, or of further lines that are indented. Whoever wrote it is a model, so it is read for what it
 * means where a parser of YAML would give up; what is kept of it is written anew. Pure.
 */
export function readFrontMatter(text: string): FrontMatter {
  const lines = text.split('\n');
  const end = lines.findIndex((line, index) => index > 0 && /^---[ \t]*$/.test(line));
  if (end < 0) {
    return { fields: new Map(), body: text, problems: ['its front matter has no end: ---'] };
  }
  const raw = new Map<string, string[]>();
  const problems: string[] = [];
  let last: string[] | undefined;
  for (const [index, line] of lines.slice(1, end).entries()) {
    const match = FIELD.exec(line);
    const name = match?.[1];
    if (match && name !== undefined) {
      if (raw.has(name)) problems.push(`its field ${name} stands there twice`);
      last = [line.slice(match[0].length)];
      raw.set(name, last);
    } else if (last && /^(?:[ \t]|- )/.test(line)) last.push(line);
    else if (line.trim() !== '' && !line.startsWith('#')) {
      problems.push(`line ${index + 2} of its front matter is no field`);
    }
  }
  const fields = new Map([...raw].map(([name, parts]) => [name, lineOf(parts)]));
  return {
    fields,
    body: lines
      .slice(end + 1)
      .join('\n')
      .trim(),
    problems,
  };
}

/** Fields as front matter that every reader of YAML understands. */
export function writeFrontMatter(fields: readonly (readonly [string, string])[]): string {
  const lines = fields.map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return ['---', ...lines, '---'].join('\n');
}

/** One line of the lines of a value. */
function lineOf([first = '', ...more]: readonly string[]): string {
  const start = first.trim();
  const isFolded = /^[>|][+-]?$/.test(start);
  const all = [isFolded ? '' : start, ...more.map((line) => line.trim())].join(' ').trim();
  // Read again it is the same: no space in it is anything but one space.
  return (isFolded ? all : unquoted(all)).replaceAll(/\s+/g, ' ').trim();
}

function unquoted(value: string): string {
  if (value.length > 1 && value.startsWith("'") && value.endsWith("'")) {
    return value.slice(1, -1).replaceAll("''", "'");
  }
  if (value.length > 1 && value.startsWith('"') && value.endsWith('"')) return fromJson(value);
  const comment = value.indexOf(' #');
  return (comment < 0 ? value : value.slice(0, comment)).trim();
}

function fromJson(value: string): string {
  try {
    return String(JSON.parse(value));
  } catch {
    return value.slice(1, -1);
  }
}
