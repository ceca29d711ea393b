// Charts from a spec, which is data: it can be looked at, kept and drawn again.
import { readFileSync } from 'node:fs';
import { save } from './files.mjs';

/** Size of a chart whose spec names none, in pixels, and the font that the PNG has. */
const CONFIG = {
  font: 'DejaVu Sans, Verdana, sans-serif',
  view: { continuousWidth: 480, continuousHeight: 300 },
};

/**
 * Draws a Vega-Lite (or Vega) spec to output/<name>.svg and output/<name>.png. `data.url` names a
 * file. Resolves with the two paths and with warnings about the spec, in sentences. Rejects when
 * the spec makes no sense or its data cannot be read.
 */
export async function chart(spec, name) {
  const base = String(name).replace(/\.(?:svg|png)$/i, '');
  const { svg, warnings } = await draw(plainCopy(spec));
  const png = await renderPng(svg);
  return { svg: save(`${base}.svg`, svg), png: save(`${base}.png`, png), warnings };
}

async function draw(spec) {
  const problems = { warnings: new Set(), failure: undefined };
  const logger = loggerFor(problems);
  // Loaded when needed: a program without a chart does not wait for it.
  const vega = await import('vega');
  const full = await vegaSpec(spec, logger);
  const loader = loaderFor(problems);
  const view = new vega.View(vega.parse(full), { renderer: 'none', logger, loader });
  try {
    const svg = await view.toSVG();
    if (problems.failure) throw problems.failure;
    return { svg, warnings: [...problems.warnings] };
  } finally {
    view.finalize();
  }
}

async function vegaSpec(spec, logger) {
  if (/\/vega\/v\d/.test(spec.$schema)) return spec;
  const { compile } = await import('vega-lite');
  return compile(spec, { logger, config: CONFIG }).spec;
}

/** Data comes from files; a picture must be inside of the spec, so that the chart needs nothing else. */
function loaderFor({ warnings }) {
  return {
    load: async (uri) => readFileSync(uri, 'utf8'),
    async sanitize(uri, { context }) {
      const fits = (context === 'href' ? /^(?:https?|mailto):/i : /^data:/i).test(uri);
      if (fits) return { href: uri };
      warnings.add(
        `left out ${String(uri).slice(0, 200)}: charts have pictures as data: and links to the web`,
      );
      // A link that is refused would be an error nobody waits for; one to nowhere is not.
      if (context === 'href') return { href: '' };
      throw new Error('not shown');
    },
  };
}

/** A logger as Vega asks for. An error in what it says, even as a warning, means an empty chart. */
function loggerFor(problems) {
  const note = (words, isError) => {
    const text = words
      .map(String)
      .join(' ')
      .replace(/^WARN /, '');
    if (isError || words.some((word) => word instanceof Error))
      problems.failure ??= new Error(text);
    else problems.warnings.add(text);
    return logger;
  };
  const logger = {
    level: () => logger,
    info: () => logger,
    debug: () => logger,
    warn: (...words) => note(words, false),
    error: (...words) => note(words, true),
  };
  return logger;
}

/** A box without WebAssembly is given the renderer by the host. */
async function renderPng(svg) {
  const render = globalThis.__renderPng ?? (await import('resvg')).renderPng;
  return await render(svg, {});
}

/** Tables become rows and dates text; what is no data is left out. */
function plainCopy(spec) {
  const text = JSON.stringify(spec, function plain(key, value) {
    const original = this[key];
    return typeof original?.objects === 'function' ? original.objects() : value;
  });
  const copy = text === undefined ? undefined : JSON.parse(text);
  if (typeof copy === 'object' && copy !== null) return copy;
  throw new TypeError('chart(spec, name): the spec is no object');
}
