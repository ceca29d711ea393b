import { head, type Template } from './template.ts';

const SALES = `month,region,revenue
2025-01,north,1200
2025-01,south,950
2025-02,north,1340
2025-02,south,n/a
2025-03,north,1510
2025-03,south,1105
2025-04,north,1490
2025-04,south,1180
2025-05,north,2210
2025-05,south,1240
2025-06,north,1580
2025-06,south,1305
`;

/** A manager with workers that write code. */
export const delegation: Template = {
  name: 'delegation',
  summary: 'a manager that hands parts of a task to workers',
  level: 'A2',
  next: 'awp run . -i sales.csv -m demo        (no key needed)',
  files: (name) => ({
    'workflow.awp.yaml': `${head(name, 'Profile the table, find the peak, compare the groups, chart the trend and write a report.', 'A2')}orchestration:
  engine: delegation_loop
  delegation_loop:
    manager: agents/manager
    models:
      manager: openrouter/openai/gpt-5
      worker: openrouter/openai/gpt-5-mini
    budget:
      max_loops: 8
      max_total_workers: 12
      max_total_tokens: 300000
      max_wall_time: 300          # seconds
      max_tool_calls: 60
      max_depth: 0                # no sub-managers
    worker_policy:
      enforced:
        sandbox: { type: subprocess, max_memory_mb: 1024, max_cpu_seconds: 30, network: false }
        forbidden_tools: [http.request, shell.execute]
      manager_controlled: [instructions, tools_allowed, output_contract, temperature]
    termination: { enabled: true, window: 3 }
    history: { full_results_window: 3 }
state:
  sharing: { strategy: full }
`,
    'agents/manager/agent.awp.yaml': `awp_agent: "1.0.0"
identity:
  id: manager
  role: Lead analyst
  description: Splits the analysis of a table between workers and puts their findings together.
model:
  parameters: { temperature: 0.2, max_tokens: 4096 }
prompt:
  system: prompt.md
output:
  format: json
`,
    'agents/manager/prompt.md': `You lead data analysts. Let each worker answer one question, with code, and hand back figures and files.
Complete when a report says what stands out, with a chart.
`,
    'sales.csv': SALES,
  }),
};
