/** The first lines of the examples in rule cards. */
const HEAD = `awp: "1.0.0"
workflow:
  name: news-digest
  version: 1.0.0
  description: Sums up the news of the day.
`;

/** A manifest for an example: the usual first lines, then `body`. */
export function manifest(body: string): string {
  return `${HEAD}${body.trim()}\n`;
}

/** A graph for an example; `nodes` are the lines of its list, from the first dash on. */
export function graph(nodes: string, rest = ''): string {
  const lines = nodes.trim().replace(/^/gm, '    ');
  return manifest(`orchestration:\n  graph:\n${lines}\n${rest}`);
}

/** A delegation loop for an example; `body` are the lines below it. */
export function loop(body: string, rest = ''): string {
  const lines = body.trim().replace(/^/gm, '    ');
  return manifest(
    `orchestration:\n  engine: delegation_loop\n  delegation_loop:\n${lines}\n${rest}`,
  );
}

/** Parts of an agent's file that an example is about. */
interface AgentParts {
  id?: string;
  output?: string;
  rest?: string;
}

const CONTRACT = `output:
  format: json
  contract:
    summary: { type: string }
    confidence: { type: number }`;

/** An agent's file for an example, as the only file of a folder. */
export function agent({ id = 'writer', output = CONTRACT, rest = '' }: AgentParts): {
  'agent.awp.yaml': string;
} {
  const text = `awp_agent: "1.0.0"
identity: { id: ${id}, role: Writer, description: Writes the digest. }
model: { name: demo }
prompt: { system: You write short digests. }
${output.trim()}
${rest.trim()}`;
  return { 'agent.awp.yaml': `${text.trim()}\n` };
}
