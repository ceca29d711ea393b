import type { SandboxFile } from '../../src/ports/sandbox.ts';
import { decodePng } from '../kit/png.ts';
import {
  close,
  groupProblems,
  leastSquares,
  type NumberColumn,
  ROWS,
  valuesOf,
} from '../kit/weather.ts';

/** What an analyst does with a table in Python: groups, a regression, a chart, files back. */
export const ANALYSIS = `
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

days = pd.read_csv('inputs/seattle-weather.csv', parse_dates=['date'])
groups = days.groupby('weather').agg(days=('date', 'size'), highest=('temp_max', 'mean'))
groups.to_csv(_output_file('groups.csv'))

names = ['temp_min', 'wind', 'precipitation']
model = LinearRegression().fit(days[names], days['temp_max'])
months = days.set_index('date')['precipitation'].resample('MS').sum()
with open('output/model.json', 'w') as file:
    json.dump({
        'r2': model.score(days[names], days['temp_max']),
        'intercept': model.intercept_,
        'coefficients': dict(zip(names, model.coef_)),
        'wettest': months.idxmax().strftime('%Y-%m'),
        'rain': months.max(),
    }, file)

figure, axes = plt.subplots(figsize=(8, 5), dpi=150)
for weather, those in days.groupby('weather'):
    axes.scatter(those['temp_min'], those['temp_max'], s=12, alpha=0.4, label=weather)
line = np.polyfit(days['temp_min'], days['temp_max'], 1)
ends = np.array([days['temp_min'].min(), days['temp_min'].max()])
axes.plot(ends, np.polyval(line, ends), color='#b22222', linewidth=3, label='least squares')
axes.set(title='Days in Seattle, 2012 to 2015', xlabel='Lowest (°C)', ylabel='Highest (°C)')
axes.legend()
figure.savefig(_output_file('charts', 'temperatures.png'))
print(json.dumps({'days': len(days), 'drawn': _verify_png('output/charts/temperatures.png')}))
`;

/** What it says on standard output. */
export const ANALYSIS_SAYS = { days: ROWS.length, drawn: true };

const NAMES = ['charts/temperatures.png', 'groups.csv', 'model.json'];
const X: readonly NumberColumn[] = ['temp_min', 'wind', 'precipitation'];

/** What is wrong with its files, each figure computed anew from the table; empty when all is right. */
export function analysisProblems(files: readonly SandboxFile[]): string[] {
  const paths = files.map(({ path }) => path);
  if (paths.join() !== NAMES.join()) return [`the files are ${paths.join(', ')}`];
  const [png, groups, model] = files.map(({ bytes }) => bytes);
  const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
  return [
    ...groupProblems(text(groups)),
    ...modelProblems(JSON.parse(text(model))),
    ...chartProblems(png ?? new Uint8Array()),
  ];
}

interface Model {
  r2: number;
  intercept: number;
  coefficients: Readonly<Record<string, number>>;
  wettest: string;
  rain: number;
}

function modelProblems({ r2, intercept, coefficients, wettest, rain }: Model): string[] {
  const right = leastSquares(X, 'temp_max');
  const found = [r2, intercept, ...X.map((name) => coefficients[name] ?? Number.NaN), rain];
  const [month, most] = wettestMonth();
  const wanted = [right.r2, ...right.coefficients, most];
  return [
    ...found.flatMap((figure, index) =>
      close(figure, wanted[index] ?? Number.NaN) ? [] : [`${figure} should be ${wanted[index]}`],
    ),
    ...(wettest === month ? [] : [`the wettest month is ${month}, not ${wettest}`]),
  ];
}

function wettestMonth(): [month: string, rain: number] {
  const rain = valuesOf('precipitation');
  const months = new Map<string, number>();
  for (const [index, { date }] of ROWS.entries()) {
    const month = date.slice(0, 7);
    months.set(month, (months.get(month) ?? 0) + (rain[index] ?? 0));
  }
  const [wettest = ['', 0]] = [...months].sort(([, a], [, b]) => b - a);
  return wettest;
}

/** 8 by 5 inches at 150 dots; the line lies over the points, so that its colour is there as it is. */
function chartProblems(bytes: Uint8Array): string[] {
  const { width, height, count } = decodePng(bytes);
  return [
    ...(width === 1200 && height === 750 ? [] : [`the PNG has ${width} x ${height} pixels`]),
    ...(count(0xb2, 0x22, 0x22) > 2000 ? [] : ['the PNG is without the line']),
    ...(count(0, 0, 0) > 500 ? [] : ['the PNG is without letters']),
    ...(count(255, 255, 255) > (width * height) / 3 ? [] : ['the PNG is without its background']),
  ];
}
