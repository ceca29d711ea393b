import type { Workflow } from '../models/workflow.ts';
import { type Arrow, type Box, type Diagram, diagramOf } from './diagram.ts';
import { type Overlay, statusText } from './overlay.ts';

/** How the drawing is made. */
export interface AsciiOptions {
  /** Columns. Default 100. */
  width?: number;
  /** Only characters of ASCII, for terminals that know no others. */
  ascii?: boolean;
  /** Status and duration of boxes in a run. */
  overlay?: Overlay;
}

/** More boxes than that are listed, not drawn. */
const MOST_BOXES = 40;
/** Widest box, without its frame. */
const BOX_COLUMNS = 44;

interface Pen {
  corners: readonly [string, string, string, string];
  across: string;
  down: string;
  arrow: string;
  from: string;
  cut: string;
}

const LINES: Pen = {
  corners: ['┌', '┐', '└', '┘'],
  across: '─',
  down: '│',
  arrow: '▼',
  from: '←',
  cut: '…',
};
const PLAIN: Pen = {
  corners: ['+', '+', '+', '+'],
  across: '-',
  down: '|',
  arrow: 'v',
  from: '<-',
  cut: '~',
};

/** A workflow as a drawing for terminals; undefined when it has no orchestration. */
export function toAscii(workflow: Workflow, options: AsciiOptions = {}): string | undefined {
  const diagram = diagramOf(workflow);
  if (!diagram) return undefined;
  const pen = options.ascii === true ? PLAIN : LINES;
  const flat = flattened(diagram);
  const drawing = { ...options, pen, incoming: incomingOf(flat.arrows) };
  const lines =
    flat.boxes.length > MOST_BOXES ? listLines(flat, drawing) : levelLines(flat, drawing);
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

interface Drawing extends AsciiOptions {
  pen: Pen;
  incoming: ReadonlyMap<string, readonly Arrow[]>;
}

/** A delegation loop as a node is drawn as one box that names what is in it. */
function flattened({ boxes, arrows }: Diagram): Diagram {
  const outer = new Set(boxes.map(({ id }) => id));
  return {
    boxes: boxes.map((box) => {
      const inside = box.inside.map(({ lines }) => lines.join(', '));
      return inside.length > 0 ? { ...box, lines: [...box.lines, ...inside] } : box;
    }),
    arrows: arrows.filter(({ from, to }) => outer.has(from) && outer.has(to)),
  };
}

function incomingOf(arrows: readonly Arrow[]): Map<string, Arrow[]> {
  const incoming = new Map<string, Arrow[]>();
  for (const arrow of arrows) {
    const list = incoming.get(arrow.to);
    if (list) list.push(arrow);
    else incoming.set(arrow.to, [arrow]);
  }
  return incoming;
}

/** One line for each box, with what it comes after. */
function listLines({ boxes }: Diagram, { pen, incoming, overlay, ascii }: Drawing): string[] {
  return boxes.map(({ id, disabled }) => {
    const before = (incoming.get(id) ?? []).map(({ from }) => from);
    const status = overlay?.get(id);
    return [
      oneLine(id),
      ...(disabled ? ['(off)'] : []),
      ...(status ? [statusText(status, ascii)] : []),
      ...(before.length > 0 ? [`${pen.from} ${before.map(oneLine).join(', ')}`] : []),
    ].join(' ');
  });
}

/** Boxes of one level side by side, levels below each other. */
function levelLines(diagram: Diagram, drawing: Drawing): string[] {
  const { width = 100, pen } = drawing;
  const lines: string[] = [];
  for (const [index, boxes] of levelsOf(diagram).entries()) {
    if (index > 0) lines.push(`${' '.repeat(4)}${pen.down}`, `${' '.repeat(4)}${pen.arrow}`);
    for (const row of rowsOf(
      boxes.map((box) => boxLines(box, drawing)),
      width,
    )) {
      const height = Math.max(...row.map((box) => box.length));
      for (let line = 0; line < height; line++) {
        lines.push(
          row.map((box) => box[line] ?? ' '.repeat([...(box[0] ?? '')].length)).join('  '),
        );
      }
    }
  }
  return lines;
}

/** Boxes in rows that fit the width. */
function rowsOf(boxes: readonly string[][], width: number): string[][][] {
  const rows: string[][][] = [];
  let used = 0;
  for (const box of boxes) {
    const columns = [...(box[0] ?? '')].length + 2;
    const row = rows.at(-1);
    if (row && used + columns <= width) row.push(box);
    else {
      rows.push([box]);
      used = 0;
    }
    used += columns;
  }
  return rows;
}

function boxLines(box: Box, { pen, incoming, overlay, ascii }: Drawing): string[] {
  const status = overlay?.get(box.id);
  const text = [
    ...box.lines,
    ...(box.disabled ? ['(off)'] : []),
    ...(status ? [statusText(status, ascii)] : []),
    ...(incoming.get(box.id) ?? []).map((arrow) => arrowText(arrow, pen)),
  ].map((line) => shortened(oneLine(line), pen));
  const columns = Math.max(...text.map((line) => [...line].length));
  const [topLeft, topRight, lowLeft, lowRight] = pen.corners;
  const across = pen.across.repeat(columns + 2);
  return [
    `${topLeft}${across}${topRight}`,
    ...text.map(
      (line) => `${pen.down} ${line}${' '.repeat(columns - [...line].length)} ${pen.down}`,
    ),
    `${lowLeft}${across}${lowRight}`,
  ];
}

function arrowText({ from, label, both }: Arrow, { from: sign }: Pen): string {
  const name = from.slice(from.lastIndexOf('/') + 1);
  const way = both ? `${sign}>`.replace('←>', '↔').replace('<->', '<->') : sign;
  return label === '' ? `${way} ${name}` : `${way} ${name}: ${label}`;
}

/** Boxes by how far they are from those without one before them. */
function levelsOf({ boxes, arrows }: Diagram): Box[][] {
  const level = levelById(boxes, arrows);
  const levels: Box[][] = [];
  for (const box of boxes) {
    const index = level.get(box.id) ?? 0;
    while (levels.length <= index) levels.push([]);
    levels[index]?.push(box);
  }
  return levels.filter((boxes) => boxes.length > 0);
}

/** What is in a cycle stays where it was when the cycle was met. */
function levelById(boxes: readonly Box[], arrows: readonly Arrow[]): Map<string, number> {
  const level = new Map<string, number>(boxes.map(({ id }) => [id, 0]));
  const waiting = new Map<string, number>(boxes.map(({ id }) => [id, 0]));
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows.filter((arrow) => arrow.from !== arrow.to)) {
    waiting.set(to, (waiting.get(to) ?? 0) + 1);
    const list = next.get(from);
    if (list) list.push(to);
    else next.set(from, [to]);
  }
  const ready = [...waiting].filter(([, count]) => count === 0).map(([id]) => id);
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    for (const to of next.get(id) ?? []) {
      level.set(to, Math.max(level.get(to) ?? 0, (level.get(id) ?? 0) + 1));
      const left = (waiting.get(to) ?? 1) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  return level;
}

function shortened(text: string, { cut }: Pen): string {
  const characters = [...text];
  return characters.length > BOX_COLUMNS
    ? characters.slice(0, BOX_COLUMNS - 1).join('') + cut
    : text;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]+/gu, ' ');
}
