import type { Workflow } from '../models/workflow.ts';
import { type Arrow, type Box, type BoxKind, diagramOf } from './diagram.ts';
import { type Overlay, statusText } from './overlay.ts';

/** How the drawing is made. */
export interface MermaidOptions {
  /** From the top down, or from left to right. Default `TD`. */
  direction?: 'TD' | 'LR';
  /** Status and duration of boxes in a run. */
  overlay?: Overlay;
}

/** Longest label, in characters. */
const LONGEST = 80;

/**
 * A workflow as a Mermaid flowchart; undefined when it has no orchestration. Ids are prefixed, so
 * that an agent may be called `end` (surfaces 4).
 */
export function toMermaid(workflow: Workflow, options: MermaidOptions = {}): string | undefined {
  const diagram = diagramOf(workflow);
  if (!diagram) return undefined;
  const { direction = 'TD', overlay } = options;
  const names = new Names();
  const lines = [
    `flowchart ${direction}`,
    ...diagram.boxes.flatMap((box) => boxLines(box, { names, overlay, indent: '  ' })),
    ...diagram.arrows.map((arrow) => `  ${arrowLine(arrow, names)}`),
    ...styleLines(diagram, { names, overlay }),
  ];
  return `${lines.join('\n')}\n`;
}

/** Ids that Mermaid takes, one for each box. */
class Names {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  of(id: string): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const plain = `n_${id.replace(/[^A-Za-z0-9_]/g, '_')}`;
    let name = plain;
    for (let number = 2; this.#taken.has(name); number++) name = `${plain}_${number}`;
    this.#taken.add(name);
    this.#names.set(id, name);
    return name;
  }
}

interface Drawing {
  names: Names;
  overlay: Overlay | undefined;
}

const FORMS: Readonly<Record<BoxKind, readonly [open: string, close: string]>> = {
  agent: ['[', ']'],
  loop: ['([', '])'],
  'fan-out': ['[[', ']]'],
  subworkflow: ['[[', ']]'],
  delegation: ['[', ']'],
  task: ['([', '])'],
  manager: ['{{', '}}'],
  workers: ['[[', ']]'],
  budget: ['[/', '/]'],
  result: ['([', '])'],
};

function boxLines(box: Box, drawing: Drawing & { indent: string }): string[] {
  const { names, overlay, indent } = drawing;
  const status = overlay?.get(box.id);
  const lines = status === undefined ? box.lines : [...box.lines, statusText(status)];
  const name = names.of(box.id);
  if (box.inside.length > 0) {
    const inner = box.inside.flatMap((one) => boxLines(one, { ...drawing, indent: `${indent}  ` }));
    return [`${indent}subgraph ${name}["${label(lines)}"]`, ...inner, `${indent}end`];
  }
  const [open, close] = FORMS[box.kind];
  return [`${indent}${name}${open}"${label(lines)}"${close}`];
}

function arrowLine({ from, to, kind, label: text, both }: Arrow, names: Names): string {
  const dotted = kind === 'condition' || kind === 'failure' || kind === 'link';
  const line = dotted ? (kind === 'link' ? '-.-' : '-.->') : both ? '<-->' : '-->';
  const middle = text === '' ? ' ' : `|"${label([text])}"| `;
  return `${names.of(from)} ${line}${middle}${names.of(to)}`;
}

function styleLines(
  { boxes, arrows }: { boxes: readonly Box[]; arrows: readonly Arrow[] },
  { names, overlay }: Drawing,
): string[] {
  const lines: string[] = [];
  const disabled = boxes.filter((box) => box.disabled).map(({ id }) => names.of(id));
  if (disabled.length > 0) {
    lines.push('  classDef disabled stroke-dasharray: 4 4,opacity:0.5');
    lines.push(`  class ${disabled.join(',')} disabled`);
  }
  const failures = arrows.flatMap(({ kind }, index) => (kind === 'failure' ? [index] : []));
  if (failures.length > 0) lines.push(`  linkStyle ${failures.join(',')} stroke:#b3261e`);
  for (const status of ['complete', 'failed', 'running', 'skipped'] as const) {
    const known = boxes.flatMap((box) => [box, ...box.inside]);
    const having = known.filter(({ id }) => overlay?.get(id)?.status === status);
    if (having.length === 0) continue;
    lines.push(`  classDef ${status} ${COLOURS[status]}`);
    lines.push(`  class ${having.map(({ id }) => names.of(id)).join(',')} ${status}`);
  }
  return lines;
}

const COLOURS = {
  complete: 'stroke:#2e7d32,stroke-width:2px',
  failed: 'stroke:#b3261e,stroke-width:2px',
  running: 'stroke:#1565c0,stroke-width:2px',
  skipped: 'stroke:#757575,stroke-dasharray: 2 2',
} as const;

/** Text between quotes: marks that mean something to Mermaid or HTML are written as entities. */
function label(lines: readonly string[]): string {
  const text = lines.map(escaped).join('<br/>');
  // Mermaid refuses an empty text, and takes the last `;` off a line like `style a:#62;`.
  return text === '' ? '?' : text.replace(/:(?=\S*#)/g, '#58;');
}

function escaped(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, ' ').trim();
  const short = line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
  return short.replace(/[&<>"#;`\\{}|]/g, (mark) => `#${mark.codePointAt(0)};`);
}
