import type { HandlerParts } from './handler-parts.ts';
import { lexPython } from './lex-python.ts';

/**
 * Runs a coroutine that waits for nothing outside of itself. Where tools only compute they may not import
 * what has loops of events, because that reaches the network.
 */
const FINISHED = [
  ...['', '', 'def finished(coroutine):', '    try:', '        while True:'],
  ...['            coroutine.send(None)', '    except StopIteration as ended:'],
  '        return ended.value',
];

/** A handler in Python that runs a program with its arguments and gives what it printed. */
export function pythonHandler({ program, given, solves }: HandlerParts): string {
  const isAsync = solves === 'async';
  const head = given.map(({ name, first }) => `${name}=${first}`).join(', ');
  const values = given.map(({ name, inside }) => `    ${inside} = ${name}`);
  const usesLoop = isAsync && /\basyncio\b/.test(program);
  const value = isAsync ? `${usesLoop ? 'asyncio.run' : 'finished'}(program())` : 'program()';
  return [
    ...(usesLoop ? ['import asyncio'] : []),
    'import contextlib',
    'import io',
    ...(isAsync && !usesLoop ? FINISHED : []),
    ...['', '', `def handler(${head === '' ? '' : `*, ${head}`}):`, ...values],
    ...['    printed = io.StringIO()', '', '    def program():'],
    ...(/\b__name__\b/.test(program) ? ['        __name__ = "__main__"'] : []),
    ...indented(program),
    `        return ${solves === undefined ? 'None' : 'solve(None)'}`,
    ...['', '    try:', '        with contextlib.redirect_stdout(printed):'],
    `            value = ${value}`,
    '    except SystemExit as ended:',
    '        if ended.code not in (None, 0):',
    '            error = "the program ended with " + str(ended.code)',
    '            data = {"stdout": printed.getvalue()}',
    '            return {"ok": False, "status": 500, "data": data, "error": error}',
    '        value = None',
    `    data = {"stdout": printed.getvalue()${solves === undefined ? '' : ', "value": value'}}`,
    ...['    return {"ok": True, "status": 200, "data": data}', ''],
  ].join('\n');
}

/** The lines of a program, further in by two steps; what stands within a text stays where it is. */
function indented(program: string): string[] {
  const inside = linesInside(program);
  return program
    .split('\n')
    .map((line, number) => (line.trim() === '' || inside.has(number) ? line : `        ${line}`));
}

/** Numbers of the lines that begin within a text. */
function linesInside(program: string): Set<number> {
  const texts = (lexPython(program) ?? []).filter(
    ({ kind, text }) => (kind === 'literal' || kind === 'fixed') && text.includes('\n'),
  );
  const starts = lineStarts(program);
  const isWithin = (at: number): boolean => texts.some(({ start, end }) => at > start && at <= end);
  return new Set(starts.flatMap((at, number) => (isWithin(at) ? [number] : [])));
}

function lineStarts(program: string): number[] {
  return [0, ...[...program.matchAll(/\n/g)].map(({ index }) => index + 1)];
}
