import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { programFor } from '../../../src/providers/demo/programs/index.ts';
import { runKit } from './kit.ts';

/** Reads columns, each with a stated decimal sign. */
async function readColumns(
  reading: 'simple' | 'tolerant',
  columns: readonly { cells: readonly unknown[]; decimal: string }[],
): Promise<unknown[]> {
  const main = `
const columns = ${JSON.stringify(columns)};
console.log(JSON.stringify(columns.map(({ cells, decimal }) => {
  try {
    return numbersOf(cells, { name: 'x', decimal }).values.map((value) => value ?? null);
  } catch (error) {
    return error.message;
  }
})));`;
  const { printed, stderr } = await runKit(reading, main);
  expect(stderr).toBe('');
  return printed as unknown[];
}

describe('reading numbers as people write them', () => {
  const cases: [string, string, unknown[], (number | null)[]][] = [
    ['plain numbers', '.', ['1', '-2.5', '+3', '.5', '1e3', '007'], [1, -2.5, 3, 0.5, 1000, 7]],
    ['a decimal comma', ',', ['1,5', '1.234,5', '-0,25'], [1.5, 1234.5, -0.25]],
    ['a decimal comma that was not stated', '.', ['1,5', '2,25', '1.234'], [1.5, 2.25, 1234]],
    [
      'thousands',
      '.',
      ['1,234', '1,234,567.5', "12'000", '3 000', '4\u00a0000.5'],
      [1234, 1234567.5, 12000, 3000, 4000.5],
    ],
    ['what the stated sign decides', ',', ['1.234', '2.000'], [1234, 2000]],
    ['what the stated sign decides, too', '.', ['1.234', '2.000'], [1.234, 2]],
    [
      'currencies',
      '.',
      ['$1,000.50', '-$5', '€ 7', '8 EUR', 'CHF 9.10', '£-3'],
      [1000.5, -5, 7, 8, 9.1, -3],
    ],
    ['percent', '.', ['12%', '7.5 %'], [12, 7.5]],
    ['minus signs and brackets', '.', ['−4', '–5', '(1,200.00)', '- 6'], [-4, -5, -1200, -6]],
    [
      'no numbers',
      '.',
      [
        'n/a',
        '-',
        '',
        ' ',
        '12a',
        '1.2.3',
        '1,23,4',
        '1 of 2',
        'NaN',
        'Infinity',
        '1e999',
        '$',
        '--5',
        '0x10',
        '٣',
      ],
      Array(15).fill(null),
    ],
    [
      'long nonsense',
      '.',
      [`${' '.repeat(20000)}x`, `+${' '.repeat(5000)}x`, '1'.repeat(400)],
      [null, null, null],
    ],
    ['values of JSON', '.', [1.5, null, true, -0, '2'], [1.5, null, null, 0, 2]],
  ];

  it.each(cases)('reads %s', async (...row) => {
    const [, decimal, cells, wanted] = row;
    expect(await readColumns('tolerant', [{ cells, decimal }])).toEqual([wanted]);
  });

  it('reads simply with the same result, or fails and says where', async () => {
    const cell = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
          .map((value) => value.toFixed(2)),
      },
      { weight: 6, arbitrary: fc.integer().map(String) },
      fc.constantFrom(
        '',
        'n/a',
        '1,5',
        '1.234',
        '1,234',
        '1.234,5',
        '5%',
        '.5',
        '5.',
        '1e3',
        '0,5',
        '0.5',
      ),
    );
    const column = fc.record({
      cells: fc.array(cell, { minLength: 1, maxLength: 6 }),
      decimal: fc.constantFrom('.', ','),
    });
    const columns = fc.sample(column, { numRuns: 2000, seed: 4711 });
    const [simple, tolerant] = await Promise.all([
      readColumns('simple', columns),
      readColumns('tolerant', columns),
    ]);
    let read = 0;
    simple.forEach((values, at) => {
      if (typeof values === 'string')
        expect(values).toMatch(/^row \d+ of column "x": cannot read ".*" as a number$/);
      else {
        read++;
        expect(values, JSON.stringify(columns[at])).toEqual(tolerant[at]);
      }
    });
    expect(read).toBeGreaterThan(300);
  });
});

describe('reading points in time', () => {
  const cases: [string, string[], (string | null)[]][] = [
    [
      'ISO days and times',
      ['2024-02-29', '2024-03-01T12:30:00Z', '2024/3/2 08:15'],
      ['2024-02-29T00:00:00.000Z', '2024-03-01T12:30:00.000Z', '2024-03-02T08:15:00.000Z'],
    ],
    [
      'German days',
      ['31.12.2023', '1.1.2024', '3. März 2024'],
      ['2023-12-31T00:00:00.000Z', '2024-01-01T00:00:00.000Z', '2024-03-03T00:00:00.000Z'],
    ],
    [
      'American days',
      ['1/31/2024', '02/01/2024'],
      ['2024-01-31T00:00:00.000Z', '2024-02-01T00:00:00.000Z'],
    ],
    [
      'days before months, when one proves it',
      ['31/1/2024', '02/01/2024'],
      ['2024-01-31T00:00:00.000Z', '2024-01-02T00:00:00.000Z'],
    ],
    [
      'months',
      ['2024-05', '6/2024', '07.2024', 'Aug 2024', 'Sep-24', 'Oktober 2024'],
      ['05', '06', '07', '08', '09', '10'].map((month) => `2024-${month}-01T00:00:00.000Z`),
    ],
    [
      'months without a year',
      ['Jan', 'dec.', 'Dez', 'märz'],
      ['01', '12', '12', '03'].map((month) => `2000-${month}-01T00:00:00.000Z`),
    ],
    [
      'days in words',
      ['Jan 1 2000', 'January 2, 2000', '3 Jan 2000'],
      ['01', '02', '03'].map((day) => `2000-01-${day}T00:00:00.000Z`),
    ],
    [
      'years and quarters',
      ['1999', '2024-Q3', 'Q4 2024'],
      ['1999-01-01T00:00:00.000Z', '2024-07-01T00:00:00.000Z', '2024-10-01T00:00:00.000Z'],
    ],
    [
      'nothing else',
      ['', 'someday', '2024-13-01', '30.02.2024', '12345', 'Mayor', `Jan${' '.repeat(9000)}x`],
      Array(7).fill(null),
    ],
  ];

  it.each(cases)('reads %s', async (_, cells, wanted) => {
    const main = `console.log(JSON.stringify(pointsOf(${JSON.stringify(cells)}).map((point) => (point ? new Date(point.at).toISOString() : null))));`;
    expect((await runKit('tolerant', main)).printed).toEqual(wanted);
  });
});

describe('reading tables', () => {
  const text = 'a,"b ""x""\nz",c\r\n1,"2,5",\r\n\r\n4,5\r\n6,7,8,9\r\n"10",plain "q" ,12';
  const wanted = {
    header: ['a', 'b "x"\nz', 'c'],
    columns: [
      ['1', '4', '6', '10'],
      ['2,5', '5', '7', 'plain "q" '],
      ['', null, '8', '12'],
    ],
    rows: 4,
    ragged: 2,
  };
  const cases: [string, Uint8Array | string, object, object][] = [
    ['quotes, line breaks in cells, blank lines and ragged rows', text, {}, wanted],
    ['UTF-8 with a byte order mark', `\ufeff${text}`, {}, wanted],
    ['UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le'), {}, wanted],
    ['UTF-16 in the other order', Buffer.from(`\ufeff${text}`, 'utf16le').swap16(), {}, wanted],
    [
      'Latin 1',
      Buffer.from('größe\n1\n', 'latin1'),
      {},
      { header: ['größe'], columns: [['1']], rows: 1, ragged: 0 },
    ],
    [
      'lines that end with CR',
      'a;b\r1;2\r',
      { separator: ';' },
      { header: ['a', 'b'], columns: [['1'], ['2']], rows: 1, ragged: 0 },
    ],
    [
      'no line of names',
      '1|2\n3|4',
      { separator: '|', header: false },
      {
        header: ['column_1', 'column_2'],
        columns: [
          ['1', '3'],
          ['2', '4'],
        ],
        rows: 2,
        ragged: 0,
      },
    ],
    [
      'a quote that is never closed',
      'a,b\n1,"2\n3',
      {},
      { header: ['a', 'b'], columns: [['1'], ['2\n3']], rows: 1, ragged: 0 },
    ],
    [
      'records',
      '[{"a":1,"__proto__":"x"},{"constructor":null,"a":{"b":2}},7]',
      { format: 'json' },
      {
        header: ['a', '__proto__', 'constructor'],
        columns: [
          [1, '{"b":2}', null],
          ['x', null, null],
          [null, null, null],
        ],
        rows: 3,
        ragged: 0,
      },
    ],
    [
      'lines of records',
      '{"a":1}\n\n{"a":2}\n',
      { format: 'json' },
      { header: ['a'], columns: [[1, 2]], rows: 2, ragged: 0 },
    ],
  ];

  it.each(cases)('reads %s', async (...row) => {
    const [, bytes, options, expected] = row;
    const job = { file: 'inputs/t', format: 'csv', separator: ',', ...options };
    const { printed, stderr } = await runKit(
      'tolerant',
      `console.log(JSON.stringify(readTable(${JSON.stringify(job)}, () => true)));`,
      { t: bytes },
    );
    expect(stderr).toBe('');
    expect(printed).toEqual(expected);
  });
});

describe('tables without rows', () => {
  it.each(['', 'a,b', 'a,b\n\n'])('are an error: %j', async (text) => {
    const job = { file: 'inputs/t', format: 'csv', separator: ',' };
    const { stderr } = await runKit('tolerant', `readTable(${JSON.stringify(job)}, () => true);`, {
      t: text,
    });
    expect(stderr).toContain('Error: the file holds no rows');
  });
});

describe('writing numbers', () => {
  it('has two decimals, or four digits below one, and commas', async () => {
    const values = [
      0,
      -0,
      1,
      1234567.891,
      -1234.5,
      0.123456,
      0.5,
      0.99999,
      1e-7,
      12345678901.25,
      1e21,
      2.675,
      850 + 0.165 - 1e-13,
      -850.165,
      null,
    ];
    const { printed } = await runKit(
      'tolerant',
      `console.log(JSON.stringify(${JSON.stringify(values)}.map(say)));`,
    );
    expect(printed).toEqual([
      '0',
      '0',
      '1',
      '1,234,567.89',
      '-1,234.5',
      '0.1235',
      '0.5',
      '1',
      '1e-7',
      '12,345,678,901.25',
      '1e+21',
      '2.68',
      '850.17',
      '-850.17',
      'not known',
    ]);
  });
});

describe('programs', () => {
  it('hold what comes from outside in one literal, whatever it is', () => {
    const name = '"; process.exit(1); //\n`\u0024{x}`\u2028</script>$&';
    const code = programFor({ job: 'trend', measure: { name, index: 0 } }, 'simple') ?? '';
    const start = code.indexOf('const JOB = ') + 'const JOB = '.length;
    const literal = code.slice(start, code.indexOf('\n};\n', start) + 2);
    expect(JSON.parse(literal)).toEqual({ job: 'trend', measure: { name, index: 0 } });
    expect(code).not.toContain('\u2028');
  });

  it.each(['', 'constructor', '__proto__', 'shell'])('there is none for the job %j', (job) => {
    expect(programFor({ job }, 'simple')).toBeUndefined();
  });
});
