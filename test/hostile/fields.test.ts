import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Json } from '../../src/base/json.ts';
import { lineAt } from '../../src/base/source-file.ts';
import { agentSchema } from '../../src/models/agent.ts';
import { manifestSchema } from '../../src/models/manifest.ts';
import { memoryFiles } from '../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../src/parser/parse-workflow.ts';
import { fieldsOf } from '../models/schema-walk.ts';

/** One of each kind; texts that no list of words has in it. */
const KINDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['null', null],
  ['a boolean', true],
  ['a number', -7.5],
  ['a text', 'zzqx{{'],
  ['a list', [[-7.5]]],
  ['a map', { zzqx: { zzqx: null } }],
]);

const FILES = [
  ['workflow.awp.yaml', manifestSchema],
  ['agent.awp.yaml', agentSchema],
] as const;

describe.each(FILES)('each field of %s', (file, schema) => {
  const paths = [...new Map(fieldsOf(schema)).keys()];

  it.each([...KINDS])('may hold %s: what is wrong is told at its place', async (_, value) => {
    const astray: string[] = [];
    for (const path of paths) {
      const steps = path.replaceAll('[]', '.[]').split('.');
      const text = stringify(put(steps, value), { lineWidth: 0 });
      const { diagnostics, sources } = await parseWorkflow(memoryFiles({ [file]: text }), { file });
      const source = sources.get(file);
      for (const { rule, path: at, range, help, message } of diagnostics) {
        const { start, end } = range;
        const inside =
          source !== undefined &&
          end.line <= source.lineStarts.length &&
          end.column <= lineAt(source, end.line).length + 1 &&
          (end.line > start.line || end.column >= start.column);
        // What is missing is told at what it is missing in.
        const own = at === '' || concerns(path, at);
        if (!inside || !own || help === '' || message === '') {
          astray.push(`${path}: ${rule} at ${at} ${start.line}:${start.column} ${message}`);
        }
      }
    }
    expect(astray).toEqual([]);
  });

  it('is none of the file when it is written wrong', async () => {
    const { diagnostics } = await parseWorkflow(
      memoryFiles({ [file]: paths.map((path) => `"${path}!": 1`).join('\n') }),
      { file },
    );
    const unknown = diagnostics.filter(({ rule }) => rule === 'S3');
    expect(unknown.map(({ range }) => range.start.line)).toEqual(
      paths.slice(0, 500).map((__, index) => index + 1),
    );
  });
});

/** Whether a place is the field, above it or inside of it. */
function concerns(path: string, at: string): boolean {
  const steps = path.replaceAll('[]', '[0]').replaceAll('*', 'key');
  return steps.startsWith(at) || at.startsWith(steps);
}

/** A map with a value at a path; lists get one item, free maps one key. */
function put([step, ...rest]: readonly string[], value: Json): Json {
  if (step === undefined) return value;
  if (step === '[]') return [put(rest, value)];
  return { [step === '*' ? 'key' : step]: put(rest, value) };
}
