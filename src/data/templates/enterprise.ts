import { agentFile, head, type Template } from './template.ts';

const CONTRACT = 'text: { type: string }\nconfidence: { type: number, description: "0 to 1" }';

/** Several agents with everything that a company asks for. */
export const enterprise: Template = {
  name: 'enterprise',
  summary: 'three agents with channels, memory, audit, limits and access rules',
  level: 'A1',
  next: 'awp run . -m ollama/qwen3',
  files: (name) => ({
    'workflow.awp.yaml': `${head(name, 'Answers a customer, checks the answer and files it.', 'A1')}inputs:
  letter:
    type: string
    description: What the customer writes.
    required: true
orchestration:
  graph:
    - id: answerer
      agent: answerer
      share_output: [text]
    - id: checker
      agent: checker
      depends_on: [answerer]
      share_input: { answerer: [text] }
      share_output: [text]
      on_failure: stop
      retry: { max_attempts: 2, backoff: exponential }
    - id: filer
      agent: filer
      depends_on: [checker]
      when: state.checker.confidence >= 0.7
  execution:
    mode: sequential
    timeout_per_agent: 120
    timeout_total: 600
  run_budget:
    max_wall_time: 600
    max_total_tokens: 200000
    max_cost_usd: 1
state:
  initial: { customer_number: null }
  sharing:
    strategy: selective
    sensitive_fields: [customer_number]
memory:
  tiers:
    long_term: { enabled: true }
    working: { enabled: true, retention_days: 30 }
communication:
  bus: { type: internal }
  channels:
    - name: alerts
      type: broadcast
      participants: { publishers: [checker], subscribers: ["*"] }
observability:
  logging: { level: INFO, format: json }
  metrics: { enabled: true }
  tracing: { enabled: true }
  audit: { enabled: true, integrity: hash_chain }
  health:
    readiness: { checks: [llm_provider_reachable] }
    liveness: { checks: [llm_provider_reachable] }
security:
  circuit_breaker: { enabled: true, failure_threshold: 5 }
  rate_limiting:
    per_agent: { max_calls_per_minute: 30 }
  access_control:
    enabled: true
    default_policy: deny
    agent_policies:
      filer: { allowed_tools: [file.write], filesystem_access: write }
`,
    ...agents(),
  }),
};

function agents(): Record<string, string> {
  const prompts = {
    answerer: [
      'Answerer',
      'Drafts an answer to the customer.',
      'You draft a friendly, exact answer.',
    ],
    checker: [
      'Checker',
      'Checks the answer.',
      'You check an answer: facts, tone, promises. Mend it.',
    ],
    filer: [
      'Filer',
      'Writes the answer to a file.',
      'You write the answer to a file with `file.write`.',
    ],
  } as const;
  const files: Record<string, string> = {};
  for (const [id, [role, description, prompt]] of Object.entries(prompts)) {
    const more =
      id === 'filer' ? 'capabilities:\n  tools: { enabled: true, allowed: [file.write] }\n' : '';
    files[`agents/${id}/agent.awp.yaml`] = agentFile({
      id,
      role,
      description,
      contract: CONTRACT,
      more,
    });
    files[`agents/${id}/workflow/instructions/SYSTEM_PROMPT.md`] =
      `${prompt}\n\nAnswer with JSON: \`text\` and \`confidence\`, 0 to 1.\n`;
  }
  return files;
}
