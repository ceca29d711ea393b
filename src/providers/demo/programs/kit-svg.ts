/** Charts as SVG: a line over an order, and bars for groups. */
export const SVG = String.raw`
// ---- Charts ------------------------------------------------------------------------------------
const INK = { text: '#1f2933', soft: '#5b6875', grid: '#e3e8ee', line: '#2563eb', mark: '#c2410c' };
const WIDTH = 860;

// Text for XML: markup escaped, characters that XML forbids replaced.
function xml(text) {
  const legal = String(text).toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
  const names = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return legal.replace(/[&<>"']/g, (sign) => names[sign]);
}

// Width of a text in pixels, estimated high: wide scripts count double.
function widthOf(text, size) {
  let width = 0;
  for (const letter of String(text)) width += letter.codePointAt(0) >= 0x1100 ? size * 1.05 : size * 0.6;
  return width;
}

function label(text, x, y, { size = 12, anchor = 'start', fill = INK.soft, weight = 400 } = {}) {
  return '<text x="' + x.toFixed(1) + '" y="' + y.toFixed(1) + '" font-size="' + size + '" text-anchor="' + anchor +
    '" fill="' + fill + '" font-weight="' + weight + '">' + xml(text) + '</text>';
}

function rule(x1, y1, x2, y2, stroke, extra = '') {
  const [a, b, c, d] = [x1, y1, x2, y2].map((place) => place.toFixed(1));
  return '<line x1="' + a + '" y1="' + b + '" x2="' + c + '" y2="' + d + '" stroke="' + stroke + '"' + extra + '/>';
}

function drawing(height, title, parts) {
  return '<svg xmlns="http://www.w3.org/2000/svg" width="' + WIDTH + '" height="' + height + '" viewBox="0 0 ' + WIDTH + ' ' +
    height + '" font-family="sans-serif" role="img" aria-label="' + xml(title) + '">\n<title>' + xml(title) + '</title>\n' +
    '<rect width="' + WIDTH + '" height="' + height + '" fill="#ffffff"/>\n' + parts.join('\n') + '\n</svg>\n';
}

// About five round values that reach over both ends.
function ticksOf(low, high) {
  const [from, to] = low === high ? [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2] : [low, high];
  const rough = (to - from) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const first = Math.floor(from / step);
  const last = Math.ceil(to / step - 1e-9);
  const ticks = [];
  for (let at = first; at <= last; at++) ticks.push(at * step);
  return { ticks, step };
}

// A tick in few letters: 2.5M, 1,200, 0.05.
function short(value, step) {
  const units = [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e4, 'k']];
  const size = Math.max(Math.abs(value), step);
  const unit = units.find(([least]) => size >= least);
  if (size >= 1e15 || (value !== 0 && step < 1e-6)) return value.toPrecision(3);
  const scale = unit ? (unit[1] === 'k' ? 1e3 : unit[0]) : 1;
  const decimals = Math.min(8, Math.max(0, Math.ceil(-Math.log10(step / scale) - 1e-9)));
  const [whole, part] = (value / scale).toFixed(decimals).replace(/^-(0(?:\.0*)?)$/, '$1').split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (part ? '.' + part : '') + (unit && value !== 0 ? unit[1] : '');
}

// Of many points the lowest and highest of each of 700 stretches: the line looks the same.
function thinned(places) {
  if (places.length <= 1400) return places;
  const stretch = places.length / 700;
  const kept = new Set([places[0], places[places.length - 1]]);
  for (let at = 0; at < 700; at++) {
    const part = places.slice(Math.floor(at * stretch), Math.floor((at + 1) * stretch));
    kept.add(part.reduce((held, place) => (place.value < held.value ? place : held)));
    kept.add(part.reduce((held, place) => (place.value > held.value ? place : held)));
  }
  return [...kept].sort((a, b) => a.at - b.at);
}

// Names below the axis: as many as fit without touching, the first one always.
function axisNames(points, xOf, bottom) {
  const names = points.map((point) => cut(point.label, 14));
  const room = names.reduce((most, name) => Math.max(most, widthOf(name, 12)), 0) + 14;
  const apart = points.length > 1 ? xOf(1) - xOf(0) : 1;
  const step = Math.max(1, Math.ceil(room / apart));
  const parts = [];
  for (let at = 0; at < points.length; at += step) {
    parts.push(rule(xOf(at), bottom, xOf(at), bottom + 5, INK.soft), label(names[at], xOf(at), bottom + 20, { anchor: 'middle' }));
  }
  return parts;
}

function titleOf({ measure, order, aggregate, period }) {
  const what = aggregate === 'none' ? measure : aggregate + ' of ' + measure;
  const grain = ['year', 'month', 'day'].includes(period) ? period : order;
  return cut(what, 50) + (aggregate === 'none' ? ' by ' : ' per ') + cut(grain, 30);
}

// trend.json as a line, with the least-squares line dashed and the peak marked.
function lineChart(trend) {
  const { points, slope_per_step: slope } = trend;
  const values = points.map(({ value }) => value);
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const { ticks, step } = ticksOf(low >= 0 && low < high / 2 ? 0 : low, high);
  const texts = ticks.map((tick) => short(tick, step));
  const box = { left: 30 + Math.max(...texts.map((text) => widthOf(text, 12))), right: WIDTH - 46, top: 84, bottom: 372 };
  const floor = ticks[0];
  const ceiling = ticks[ticks.length - 1];
  const xOf = (at) => (points.length < 2 ? (box.left + box.right) / 2 : box.left + 12 + ((box.right - box.left - 24) * at) / (points.length - 1));
  const yOf = (value) => box.bottom - ((value - floor) / (ceiling - floor)) * (box.bottom - box.top);
  const inside = (value) => Math.min(ceiling, Math.max(floor, value));
  const places = values.map((value, at) => ({ at, value }));
  const path = thinned(places).map(({ at, value }) => xOf(at).toFixed(1) + ',' + yOf(value).toFixed(1));
  const middle = sumOf(values) / values.length;
  const ends = [0, values.length - 1].map((at) => middle + slope * (at - (values.length - 1) / 2));
  const peak = values.indexOf(high);
  const note = 'peak: ' + cut(points[peak].label, 20) + ', ' + say(high);
  const half = widthOf(note, 12) / 2;
  const noteAt = Math.min(box.right - half, Math.max(box.left + half, xOf(peak)));
  const title = titleOf(trend);
  return drawing(430, title, [
    label(title, 24, 34, { size: 18, fill: INK.text, weight: 600 }),
    label(many(points.length, 'point') + (points.length > 2 ? ', dashed: least-squares line' : ''), 24, 56),
    ...ticks.map((tick, at) =>
      rule(box.left, yOf(tick), box.right, yOf(tick), INK.grid) + label(texts[at], box.left - 10, yOf(tick) + 4, { anchor: 'end' })),
    rule(box.left, box.bottom, box.right, box.bottom, INK.soft),
    ...axisNames(points, xOf, box.bottom),
    label(cut(trend.order, 60), (box.left + box.right) / 2, box.bottom + 44, { anchor: 'middle' }),
    points.length > 2
      ? rule(xOf(0), yOf(inside(ends[0])), xOf(values.length - 1), yOf(inside(ends[1])), INK.soft, ' stroke-dasharray="6 5" stroke-opacity="0.8"')
      : '',
    '<polyline points="' + path.join(' ') + '" fill="none" stroke="' + INK.line + '" stroke-width="' + (points.length > 300 ? 1.2 : 2.2) + '" stroke-linejoin="round" stroke-linecap="round"/>',
    ...(points.length <= 40 ? places.map(({ at, value }) => '<circle cx="' + xOf(at).toFixed(1) + '" cy="' + yOf(value).toFixed(1) + '" r="3.4" fill="#ffffff" stroke="' + INK.line + '" stroke-width="2"/>') : []),
    '<circle cx="' + xOf(peak).toFixed(1) + '" cy="' + yOf(high).toFixed(1) + '" r="5" fill="' + INK.mark + '"/>',
    '<g stroke="#ffffff" stroke-width="4" paint-order="stroke" stroke-linejoin="round">' +
      label(note, noteAt, yOf(high) - 12, { anchor: 'middle', fill: INK.mark, weight: 600 }) + '</g>',
  ].filter(Boolean));
}

// Horizontal bars. rows: [{ name, value }]; the longest reaches the right end.
function barChart(title, subtitle, rows) {
  const names = rows.map(({ name }) => cut(name, 26));
  const left = 36 + Math.max(...names.map((name) => widthOf(name, 13)));
  const low = rows.reduce((held, { value }) => Math.min(held, value), 0);
  const high = rows.reduce((held, { value }) => Math.max(held, value), 0);
  const span = high - low || 1;
  const texts = rows.map(({ value }) => say(value));
  const room = 16 + Math.max(...texts.map((text) => widthOf(text, 12)));
  const from = left + (low < 0 ? room : 0);
  const xOf = (value) => from + ((value - low) / span) * (WIDTH - 24 - room - from);
  const bars = rows.flatMap(({ name, value }, at) => {
    const y = 78 + at * 30;
    const start = Math.min(xOf(0), xOf(value));
    const size = Math.max(1, Math.abs(xOf(value) - xOf(0)));
    const end = value < 0 ? start - 8 : start + size + 8;
    return [
      '<g><title>' + xml(name) + ': ' + texts[at] + '</title>' + label(names[at], left - 12, y + 15, { size: 13, anchor: 'end', fill: INK.text }),
      '<rect x="' + start.toFixed(1) + '" y="' + y + '" width="' + size.toFixed(1) + '" height="20" rx="3" fill="' + (at === 0 ? INK.mark : INK.line) + '"/>',
      label(texts[at], end, y + 15, { anchor: value < 0 ? 'end' : 'start' }) + '</g>',
    ];
  });
  const height = 78 + rows.length * 30 + 22;
  return drawing(height, title, [
    label(title, 24, 34, { size: 18, fill: INK.text, weight: 600 }),
    label(subtitle, 24, 56),
    ...bars,
    rule(xOf(0), 70, xOf(0), height - 20, INK.soft),
  ]);
}

function groupChart(data) {
  const rows = data.groups.slice(0, 20).map((group) => ({ name: group.group, value: group[data.ranked_by] }));
  const more = data.groups.length > 20 ? ', the first 20 of ' + say(data.groups.length) + ' groups' : '';
  return barChart(data.ranked_by + ' of ' + cut(data.measure, 40) + ' by ' + cut(data.by, 30), many(data.readable_cells, 'readable cell') + more, rows);
}

function rankingChart(data) {
  const rows = data.top.map(({ label: name, value }) => ({ name, value }));
  const more = data.ranked > rows.length ? 'the ' + rows.length + ' largest of ' + say(data.ranked) + ' rows' : many(data.ranked, 'row');
  return barChart('Highest ' + cut(data.measure, 50), more, rows);
}
`;
