import { Window } from 'happy-dom';

/** Parts of a page that Mermaid's sanitizer asks for. */
const PARTS = ['Element', 'Node', 'NodeFilter', 'DocumentFragment', 'HTMLTemplateElement'] as const;

/** Mermaid's parser, without a browser. */
export interface RealMermaid {
  /** Throws when it is no diagram. */
  parse(text: string): Promise<{ diagramType: string }>;
  /** Last lines of the boxes' texts by id, as a reader sees them: this page keeps no others. */
  texts(text: string): Promise<Map<string, string>>;
}

/** The real Mermaid, in a page that is none: it reads labels through a sanitizer. */
export async function realMermaid(): Promise<RealMermaid> {
  const window = new Window();
  const page = Object.fromEntries(PARTS.map((name) => [name, window[name]]));
  Object.assign(globalThis, { window, document: window.document, ...page });
  const { default: mermaid } = await import('mermaid');
  await mermaid.parse('flowchart TD\n  a --> b');
  return {
    parse: (text) => mermaid.parse(text),
    async texts(text) {
      const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
      const boxes = (db as { getVertices?(): Map<string, { text?: string }> }).getVertices?.();
      return new Map([...(boxes ?? [])].map(([id, box]) => [id, decoded(box.text ?? '')]));
    },
  };
}

/** Mermaid keeps `#34;` as `ﬂ°°34¶ß` until it draws. */
function decoded(text: string): string {
  return text.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)));
}
