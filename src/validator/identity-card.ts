import type { JsonObject } from '../base/json.ts';
import { textAt } from '../base/yaml-node.ts';
import { contractFields } from '../models/contract.ts';
import type { AgentDocument } from '../models/workflow.ts';

/** What an agent is and can do, for those who look for one (surfaces 2.3; fields of both sides). */
export function identityCard(agent: AgentDocument): JsonObject {
  const { identity, model, output } = agent.value ?? {};
  return {
    id: identity?.id ?? null,
    role: identity?.role ?? null,
    description: identity?.description ?? null,
    version: identity?.version ?? '1.0.0',
    tags: identity?.tags ?? [],
    model: model?.name || null,
    output_format: output?.format ?? 'json',
    ...abilities(agent),
    produces: products(agent),
    constraints: {
      max_tokens: model?.parameters?.max_tokens ?? null,
      sandbox: agent.value?.capabilities?.sandbox?.type ?? null,
      idempotent: false,
      deterministic: false,
    },
  };
}

function abilities({ value }: AgentDocument): JsonObject {
  const { tools, skills } = value?.capabilities ?? {};
  const allowed = tools?.allowed ?? [];
  const named = allowed.length > 0 ? allowed : ['all_tools'];
  const vision = value?.vision?.enabled ?? false;
  return {
    capabilities: tools?.enabled === true ? named : [],
    tools_enabled: tools?.enabled ?? false,
    tool_count: allowed.length,
    vision_enabled: vision,
    memory_enabled: value?.memory?.enabled ?? false,
    skills_count: (skills?.agent_specific.length ?? 0) + (skills?.external.length ?? 0),
    accepts: ['task', 'state', ...(vision ? ['images'] : [])],
  };
}

function products({ contract }: AgentDocument): JsonObject[] {
  return contractFields(contract)
    .filter(({ shareable }) => shareable)
    .map(({ name, value }) => ({
      name,
      type: textAt(value, 'type') ?? (value.kind === 'scalar' ? String(value.value) : 'any'),
      description: textAt(value, 'description') ?? textAt(value, 'x-awp-description') ?? '',
    }));
}
