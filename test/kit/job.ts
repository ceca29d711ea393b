import type { SandboxFile } from '../../src/ports/sandbox.ts';
import { decodePng } from './png.ts';
import {
  close,
  correlation,
  groupProblems,
  leastSquares,
  mean,
  pooledTest,
  ROWS,
  tail,
  valuesOf,
  variance,
} from './weather.ts';

/** What an analyst would do with a table; nothing in it depends on the box. */
export const JOB = `
import * as aq from 'arquero';
import { jStat } from 'jstat';
import { chart, describe, readCsv, regress, save } from 'kit';
import { SLR } from 'ml-regression';
import * as ss from 'simple-statistics';

const rows = readCsv('inputs/seattle-weather.csv');
const column = (name, weather) =>
  rows.filter((row) => !weather || row.weather === weather).map((row) => row[name]);

const groups = aq
  .from(rows)
  .groupby('weather')
  .rollup({ days: aq.op.count(), highest: aq.op.mean('temp_max') })
  .orderby('weather');
save('groups.csv', groups);

const line = new SLR(column('temp_min'), column('temp_max'));
const [fog, sun] = [column('wind', 'fog'), column('wind', 'sun')];
const t = ss.tTestTwoSample(fog, sun);
const df = fog.length + sun.length - 2;
save('figures.json', {
  days: rows.length,
  first: rows[0].date,
  columns: describe(rows),
  correlations: {
    lowest: ss.sampleCorrelation(column('temp_max'), column('temp_min')),
    wind: ss.sampleCorrelation(column('temp_max'), column('wind')),
  },
  line: { slope: line.slope, intercept: line.intercept },
  model: regress(rows, { y: 'temp_max', x: ['temp_min', 'wind', 'precipitation'] }),
  tTest: { t, df, p: 2 * jStat.studentt.cdf(-Math.abs(t), df) },
});

const x = { field: 'temp_min', type: 'quantitative', title: 'Lowest temperature (°C)' };
const y = { field: 'temp_max', type: 'quantitative', title: 'Highest temperature (°C)' };
const drawn = await chart(
  {
    title: 'Days in Seattle, 2012 to 2015',
    data: { values: rows },
    layer: [
      {
        mark: { type: 'point', opacity: 0.4 },
        encoding: { x, y, color: { field: 'weather', type: 'nominal', title: 'Weather' } },
      },
      {
        transform: [{ regression: 'temp_max', on: 'temp_min' }],
        mark: { type: 'line', color: '#b22222', strokeWidth: 3 },
        encoding: { x, y },
      },
    ],
  },
  'temperatures',
);
console.log(JSON.stringify(drawn));
`;

/** What the job says on standard output. */
export const JOB_SAYS = {
  svg: 'output/temperatures.svg',
  png: 'output/temperatures.png',
  warnings: [],
};

/** What is wrong with the files of the job, each figure computed anew; empty when all is right. */
export function jobProblems(files: readonly SandboxFile[]): string[] {
  const names = files.map(({ path }) => path).sort();
  const wanted = ['figures.json', 'groups.csv', 'temperatures.png', 'temperatures.svg'];
  if (names.join() !== wanted.join()) return [`the files are ${names.join(', ')}`];
  const bytes = (name: string): Uint8Array =>
    files.find(({ path }) => path === name)?.bytes ?? new Uint8Array();
  const text = (name: string): string => new TextDecoder().decode(bytes(name));
  return [
    ...figureProblems(JSON.parse(text('figures.json'))),
    ...groupProblems(text('groups.csv')),
    ...svgProblems(text('temperatures.svg')),
    ...pngProblems(bytes('temperatures.png')),
  ];
}

interface Figures {
  days: number;
  first: string;
  columns: readonly { column: string; mean: number; sd: number }[];
  correlations: { lowest: number; wind: number };
  line: { slope: number; intercept: number };
  model: {
    r2: number;
    terms: readonly Record<'coefficient' | 'standardError' | 't' | 'p', number>[];
  };
  tTest: { t: number; p: number };
}

function figureProblems(figures: Figures): string[] {
  const model = leastSquares(['temp_min', 'wind', 'precipitation'], 'temp_max');
  const line = leastSquares(['temp_min'], 'temp_max');
  const test = pooledTest(valuesOf('wind', 'fog'), valuesOf('wind', 'sun'));
  const wind = figures.columns.find(({ column }) => column === 'wind');
  const pairs: [string, number, number][] = [
    ['days', figures.days, ROWS.length],
    ['correlation with lowest', figures.correlations.lowest, correlation('temp_min')],
    ['correlation with wind', figures.correlations.wind, correlation('wind')],
    ['slope', figures.line.slope, line.coefficients[1] ?? Number.NaN],
    ['intercept', figures.line.intercept, line.coefficients[0] ?? Number.NaN],
    ['r2', figures.model.r2, model.r2],
    ['t', figures.tTest.t, test.t],
    ['p', figures.tTest.p, tail(test.t, test.df)],
    ['mean of wind', wind?.mean ?? Number.NaN, mean(valuesOf('wind'))],
    ['sd of wind', wind?.sd ?? Number.NaN, Math.sqrt(variance(valuesOf('wind')))],
  ];
  for (const [index, term] of figures.model.terms.entries()) {
    const [coefficient = 0, error = 0] = [model.coefficients[index], model.errors[index]];
    const t = coefficient / error;
    pairs.push([`coefficient of ${index}`, term.coefficient, coefficient]);
    pairs.push([`error of ${index}`, term.standardError, error]);
    pairs.push([`t of ${index}`, term.t, t]);
    if (Math.abs(t) < 10) pairs.push([`p of ${index}`, term.p, tail(t, model.df)]);
  }
  const wrong = pairs.filter(([, got, right]) => !close(got, right));
  return [
    ...wrong.map(([name, got, right]) => `${name} is ${got} and should be ${right}`),
    ...(figures.first === '2012-01-01T00:00:00.000Z' ? [] : [`first is ${figures.first}`]),
    ...(figures.model.terms.length === 4 ? [] : ['the model has not four terms']),
  ];
}

function svgProblems(svg: string): string[] {
  const texts = ['Days in Seattle, 2012 to 2015', 'Lowest temperature (°C)', '>drizzle<'];
  const points = svg.match(/aria-roledescription="point"/g)?.length ?? 0;
  return [
    ...texts.filter((word) => !svg.includes(word)).map((word) => `the SVG is without ${word}`),
    ...(points === ROWS.length ? [] : [`the SVG has ${points} points`]),
    ...(svg.includes('stroke="#b22222"') ? [] : ['the SVG is without the line']),
  ];
}

/** The line goes over the points, so that its colour is there as it is; letters are black. */
function pngProblems(bytes: Uint8Array): string[] {
  const { width, height, count } = decodePng(bytes);
  const fits = width > 1000 && width < 1600 && height > 600 && height < 1000;
  return [
    ...(fits ? [] : [`the PNG has ${width} x ${height} pixels`]),
    ...(count(0xb2, 0x22, 0x22) > 2000 ? [] : ['the PNG is without the line']),
    ...(count(0, 0, 0) > 500 ? [] : ['the PNG is without letters']),
    ...(count(255, 255, 255) > (width * height) / 3 ? [] : ['the PNG is without its background']),
  ];
}
