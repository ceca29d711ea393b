// What a program of a worker imports from 'kit': tables in, figures and charts out.
export { chart } from './chart.mjs';
export { describe } from './describe.mjs';
export { readCsv, save, toCsv } from './files.mjs';
export { regress } from './regress.mjs';
