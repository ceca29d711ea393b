import { isObject, type Json, type JsonObject } from '../../base/json.ts';

/** Characters of a spec as JSON, its inline data included. */
const MOST_CHARS = 1_000_000;
/** Objects and lists within each other; Vega-Lite calls itself for each. */
const MOST_DEPTH = 60;
/** Longest side of a view that a spec may name, in pixels. */
const MOST_SIDE = 4000;

/** Keys whose numbers are the size of a view. */
const SIZES = new Set([
  ...['width', 'height', 'step'],
  ...['continuousWidth', 'continuousHeight', 'discreteWidth', 'discreteHeight'],
]);

/** What is wrong with a spec, with the status of the call. */
export interface SpecProblem {
  status: 400 | 403;
  message: string;
}

/** A place in a spec that says where its data comes from, and can be made to say something else. */
export interface DataPlace {
  data: JsonObject;
  replace(data: JsonObject): void;
}

/** Why a spec is not drawn, as far as it can be seen without drawing it. */
export function specProblem(spec: JsonObject): SpecProblem | undefined {
  if (isTooDeep(spec, MOST_DEPTH)) {
    return { status: 400, message: `the spec is nested deeper than ${MOST_DEPTH} levels` };
  }
  const chars = JSON.stringify(spec).length;
  if (chars > MOST_CHARS) {
    const message = `tool/too-large: the spec has ${chars} characters, at most ${MOST_CHARS} may be: put the data into a file and write its path as data.url`;
    return { status: 400, message };
  }
  const schema = spec.$schema;
  if (typeof schema === 'string' && /\/vega\/v\d/.test(schema)) {
    return { status: 400, message: 'this is a Vega spec; write a Vega-Lite one' };
  }
  return walkProblem(spec);
}

/** Written without calling itself: what it guards against is depth. */
function isTooDeep(spec: Json, most: number): boolean {
  let level: Json[] = [spec];
  for (let depth = 0; depth < most && level.length > 0; depth++) {
    level = level.flatMap((value) =>
      value === null || typeof value !== 'object' ? [] : Object.values(value),
    );
  }
  return level.some((value) => value !== null && typeof value === 'object');
}

function walkProblem(value: Json): SpecProblem | undefined {
  for (const { key, inner } of partsOf(value)) {
    const own = sizeProblem(key, inner) ?? addressProblem(key, inner) ?? markProblem(key, inner);
    const problem = own ?? walkProblem(inner);
    if (problem) return problem;
  }
  return undefined;
}

/** The parts of a spec that say how to draw; inline data is data whatever it looks like. */
function partsOf(value: Json): { key: string; inner: Json }[] {
  if (Array.isArray(value)) return value.map((inner) => ({ key: '', inner }));
  if (!isObject(value)) return [];
  return Object.entries(value)
    .filter(([key]) => key !== 'values' && key !== 'datasets' && key !== 'usermeta')
    .map(([key, inner]) => ({ key, inner }));
}

function sizeProblem(key: string, value: Json): SpecProblem | undefined {
  if (!SIZES.has(key) || typeof value !== 'number' || value <= MOST_SIDE) return undefined;
  return { status: 400, message: `${key} is ${value}; a view has at most ${MOST_SIDE} pixels` };
}

/** The marks of Vega-Lite (vega.github.io/vega-lite/docs/mark.html); any other fails without a word. */
const MARKS = new Set(
  `arc area bar boxplot circle errorband errorbar geoshape image line point rect rule square text
   tick trail`.split(/\s+/),
);

function markProblem(key: string, value: Json): SpecProblem | undefined {
  if (key !== 'mark') return undefined;
  const mark = isObject(value) ? value.type : value;
  if (typeof mark === 'string' && MARKS.has(mark)) return undefined;
  const shown = JSON.stringify(mark ?? null).slice(0, 100);
  return { status: 400, message: `mark ${shown} is none of ${[...MARKS].join(', ')}` };
}

const ADDRESS = /^\s*(?:[a-z][a-z\d+.-]*:|[/\\]{2})/i;

/** Where a `url` leads that is a text: the data of a view, or the picture of a mark. */
function addressProblem(key: string, value: Json): SpecProblem | undefined {
  if (key !== 'url' || typeof value !== 'string' || !ADDRESS.test(value)) return undefined;
  if (/^\s*data:image\//i.test(value)) return undefined;
  const shown = JSON.stringify(value.slice(0, 200));
  const message = `${shown} is not loaded: data comes from files below inputs/, shared/ or output/, or stands in the spec`;
  return { status: 403, message };
}

/** Every place in a spec that names its data: of the whole, of parts, and of lookups. */
export function dataPlaces(spec: JsonObject): DataPlace[] {
  const places: DataPlace[] = [];
  const look = (value: Json): void => {
    for (const { key, inner } of partsOf(value)) {
      if (key === 'data' && isObject(inner) && isObject(value)) {
        const holder = value;
        const replace = (data: JsonObject): void => void Object.assign(holder, { data });
        places.push({ data: inner, replace });
      }
      look(inner);
    }
  };
  look(spec);
  return places;
}
