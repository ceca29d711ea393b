import type { Level } from '../../models/level.ts';

/** What `awp init` can write. */
export interface Template {
  name: string;
  /** One line, for the question and the help. */
  summary: string;
  level: Level;
  /** Command to try behind `cd`. */
  next: string;
  /** Texts by path; `name` is the legal name of the workflow. */
  files(name: string): Readonly<Record<string, string>>;
}

/** What the agents of templates differ in. */
interface AgentText {
  id: string;
  role: string;
  description: string;
  /** Lines below `contract:`, without indentation. */
  contract: string;
  /** Further sections, as they stand in the file. */
  more?: string;
}

/** An agent's file. */
export function agentFile({ id, role, description, contract, more = '' }: AgentText): string {
  const fields = contract.trim().replace(/^/gm, '    ');
  return `awp_agent: "1.0.0"
identity:
  id: ${id}
  role: ${role}
  description: ${description}
model:
  name: openrouter/openai/gpt-5-mini
prompt:
  system: workflow/instructions/SYSTEM_PROMPT.md
output:
  format: json
  contract:
${fields}
${more}`;
}

/** The first lines of a manifest. */
export function head(name: string, description: string, level: Level): string {
  return `awp: "1.0.0"
workflow:
  name: ${name}
  version: 0.1.0
  description: ${description}
  autonomy: ${level}
`;
}
