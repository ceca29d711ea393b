// Makes a picture of Pyodide's memory after its start, with the libraries that most programs use:
// starting from it is many times faster. What draws from chance when it is imported stays out.
import { load } from './load.mjs';

const MODULES =
  'asyncio, collections, csv, socket, datetime, io, itertools, json, linecache, math, pathlib, re';
const [folder, target] = Deno.args;
const python = await load({ folder, _makeSnapshot: true });
python.runPython(`import ${MODULES}, statistics, struct, traceback`);
Deno.writeFileSync(target, python.makeMemorySnapshot());
