import type { JsonObject } from '../../base/json.ts';
import type { Column, DemoTable } from './table.ts';

/** A table in the words of instructions. */
export function tableText({
  file,
  format,
  separator,
  encoding,
  decimal,
  header,
  rows,
}: DemoTable): string {
  const first = header ? 'the first line holds the names' : 'there is no line with names';
  const shape =
    format === 'json'
      ? 'a JSON array of records'
      : `CSV with separator ${JSON.stringify(separator)}, encoding ${encoding}, ${first}`;
  return `The table is ${JSON.stringify(file)}: ${shape}, decimal sign ${JSON.stringify(decimal)}, about ${rows} rows.`;
}

/** A table as the parameters of a job name it. */
export function tableJson({
  file,
  format,
  separator,
  decimal,
  header,
  rows,
}: DemoTable): JsonObject {
  return { file, format, separator, decimal, header, rows };
}

/** A column as the parameters of a job name it. */
export function columnJson({ name, index }: Column): JsonObject {
  return { name, index };
}

/** The name of a column in a sentence. */
export function quoted({ name }: Column): string {
  return JSON.stringify(name);
}
