// Draws an SVG as a PNG. Fonts are the two beside this file; nothing else is read or fetched.
import { readFileSync } from 'node:fs';

/** Longest side of a picture, in pixels. */
const MAX_SIDE = 4096;
/** Longest text of an SVG, in characters. */
const MAX_CHARS = 16 * 1024 * 1024;
/** Pixels per unit of a drawing for which no width is asked. */
const SCALE = 2;
const FAMILY = 'DejaVu Sans';

const beside = (name) => readFileSync(new URL(name, import.meta.url));

let parts;
let renderer;
let renderers = 0;

/**
 * The bytes of a PNG. `width`: in pixels; twice that of the drawing when left out. A picture whose
 * longer side would have more than 4,096 pixels is drawn smaller. Throws an error for what is no
 * SVG and for one that asks for too much.
 */
export async function renderPng(svg, { width } = {}) {
  if (typeof svg !== 'string') throw new TypeError('renderPng(svg): the SVG is no text');
  if (svg.length > MAX_CHARS) throw new RangeError(`an SVG has at most ${MAX_CHARS} characters`);
  if (width !== undefined && !(Number.isFinite(width) && width >= 1)) {
    throw new RangeError('the width of a PNG is a number of pixels from 1 up');
  }
  renderer ??= start();
  const Resvg = await renderer;
  try {
    return paint(Resvg, svg, width);
  } catch (error) {
    // After a trap its memory is in no known state: the next picture gets a new one.
    if (error instanceof WebAssembly.RuntimeError) renderer = undefined;
    throw new Error(`the SVG cannot be drawn: ${error?.message ?? error}`, { cause: error });
  }
}

async function start() {
  parts ??= {
    program: await WebAssembly.compile(beside('./resvg.wasm')),
    fonts: [beside('./DejaVuSans.ttf'), beside('./DejaVuSans-Bold.ttf')],
  };
  renderers += 1;
  // The glue keeps its state in the module, so that a new one needs a new module.
  const { initWasm, Resvg } = await import(`./resvg-glue.mjs?${renderers}`);
  await initWasm(parts.program);
  return Resvg;
}

/** After an error nothing is freed: where it came from a trap, that would be one more. */
function paint(Resvg, svg, width) {
  const size = measure(Resvg, svg);
  const wanted = width === undefined ? SCALE : width / size.width;
  const zoom = Math.min(wanted, MAX_SIDE / Math.max(size.width, size.height));
  const drawing = open(Resvg, svg, { mode: 'zoom', value: zoom });
  const picture = drawing.render();
  const bytes = picture.asPng();
  picture.free();
  drawing.free();
  return bytes;
}

function measure(Resvg, svg) {
  const drawing = open(Resvg, svg, { mode: 'original' });
  const { width, height } = drawing;
  drawing.free();
  return { width, height };
}

function open(Resvg, svg, fitTo) {
  const families = ['defaultFontFamily', 'sansSerifFamily', 'serifFamily', 'monospaceFamily'];
  const font = Object.fromEntries(families.map((name) => [name, FAMILY]));
  return new Resvg(svg, { fitTo, font: { ...font, fontBuffers: parts.fonts } });
}
