import { describe, expect, it } from 'vitest';
import { tablesOf } from '../../../src/providers/demo/table.ts';
import { understand } from '../../../src/providers/demo/understand.ts';

/** What is understood of a task and a table given by its columns and first rows. */
function read(task: string, columns: readonly string[], ...head: readonly (readonly string[])[]) {
  const about = {
    format: 'csv',
    columns: columns.map((name) => ({ name, type: 'text' })),
    head: head.map((row) => [...row]),
  };
  const [table] = tablesOf([{ name: 't', file: 'inputs/t.csv', bytes: 1, about }]);
  const found = table && understand(task, table);
  return (
    found && {
      topics: found.topics.join(' '),
      measure: found.measures[0].name,
      order: found.order?.name,
      period: found.period,
      aggregate: found.aggregate,
      groups: found.groups.map(({ name }) => name).join(' '),
    }
  );
}

describe('what the demo understands of a task', () => {
  it.each([
    ['Give me a summary', 'profile'],
    ['How did sales grow, and what was the best month?', 'trend peak'],
    ['Wie haben sich die Zahlen entwickelt? Wo ist der höchste Wert?', 'trend peak'],
    ['Vergleiche die Regionen und finde Ausreißer', 'compare outliers'],
    ['compare revenue per region', 'compare'],
    ['Find anomalies', 'outliers'],
    ['Write a poem about the sea', ''],
    ['minutes of the meeting', ''],
  ])('%j: %j', (task, topics) => {
    expect(read(task, ['n'], ['1'])?.topics).toBe(topics);
  });
});

describe('which columns the demo takes', () => {
  const head = [
    ['1001', 'North', '2024-01-05', '12', '3.5'],
    ['1002', 'South', '2024-01-06', '13', '4.5'],
    ['1003', 'North', '2024-01-07', 'n/a', '2.5'],
  ];
  const columns = ['order_id', 'region', 'date', 'amount', 'unitPrice'];

  it('takes a column that sounds like a value, not an identifier', () => {
    expect(read('show the trend', columns, ...head)).toMatchObject({
      measure: 'amount',
      order: 'date',
      aggregate: 'sum',
      groups: 'region',
    });
  });

  it('takes the column that the task names, and the mean of prices', () => {
    expect(read('how does the unit price develop?', columns, ...head)).toMatchObject({
      measure: 'unitPrice',
      aggregate: 'mean',
    });
  });

  it('puts days together when the task speaks of months or years', () => {
    expect(read('peak month', columns, ...head)?.period).toBe('month');
    expect(read('growth per year', columns, ...head)?.period).toBe('year');
    expect(read('pro Tag', columns, ...head)?.period).toBeUndefined();
    expect(read('overview', columns, ...head)?.period).toBe('auto');
  });

  it('takes years for an order only when the name says so', () => {
    expect(read('trend', ['year', 'n'], ['1999', '5'], ['2000', '6'])).toMatchObject({
      order: 'year',
      measure: 'n',
    });
    expect(read('trend', ['revenue', 'n'], ['1999', '5'], ['2000', '6'])).toMatchObject({
      order: undefined,
      measure: 'revenue',
    });
  });

  it('reads numbers with currencies, commas and brackets as numbers, and versions as text', () => {
    expect(
      read('x', ['v', 'm'], ['1.2.3', '€ 1.234,50'], ['1.2.4', '(3)'], ['1.3.0', '12 %']),
    ).toMatchObject({ measure: 'm', groups: 'v' });
  });

  it('finds nothing to measure in a table of words', () => {
    expect(read('trend', ['a', 'b'], ['x', 'y'])).toBeUndefined();
  });
});
