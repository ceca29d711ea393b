import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { DEFAULT_LIMITS } from '../../src/data/options.ts';
import { agentSchema } from '../../src/models/agent.ts';
import { RESERVED_NAMESPACES } from '../../src/models/common.ts';
import { delegationLoopSchema } from '../../src/models/delegation.ts';
import { manifestSchema } from '../../src/models/manifest.ts';
import { fieldsOf } from './schema-walk.ts';

/** Section, then field, then the default. Numbers are the specification's unless a decision has another. */
type Table = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** `workflow.awp.yaml`: surfaces 7.1 to 7.8, runtime 2.1, 2.6 and 3, capabilities 1.6, 4.1, 6 to 9. */
const MANIFEST: Table = {
  'workflow.env[]': {
    optional: false,
    required: false,
    sensitive: false,
  },
  'inputs.*': {
    type: 'string',
    required: false,
  },
  orchestration: {
    engine: 'dag',
    graph: [],
    subworkflows: [],
    degradation: [],
  },
  'orchestration.graph[]': {
    enabled: true,
    description: '',
    depends_on: [],
    share_output: [],
    on_failure: 'stop',
    type: 'agent',
  },
  'orchestration.graph[].depends_on[]': {
    condition: 'success',
  },
  'orchestration.graph[].retry': {
    max_attempts: 1,
    backoff: 'exponential',
    backoff_base: 2,
    backoff_max: 60,
    retryable_errors: ['timeout', 'rate_limit', 'server_error'],
    non_retryable_errors: ['validation_error', 'auth_error'],
  },
  'orchestration.graph[].loop': {
    enabled: true,
    type: 'standard',
    max_iterations: 5,
    poll_interval: 2,
  },
  'orchestration.graph[].fan_out': {
    enabled: true,
    source: '',
    variable: 'fan_out_item',
    max_parallel: 4,
    agent_template: '',
  },
  'orchestration.graph[].fan_in': {
    strategy: 'merge',
  },
  'orchestration.execution': {
    mode: 'parallel',
    timeout_per_agent: 120,
    timeout_total: 300,
    timeout_idle: 60,
    on_error: 'stop',
    max_parallel_agents: 4,
    scheduler: 'ready_queue',
  },
  'orchestration.execution.error_handling': {
    max_retries: 1,
    retry_delay: 2,
  },
  'orchestration.subworkflows[]': {
    input_mapping: {},
    output_mapping: {},
  },
  'orchestration.delegation_loop': {
    manager: '',
    forbidden_inheritance_keys: [],
    blackboard_enabled: true,
    blackboard_auto_post: true,
    digest_enabled: true,
    digest_mode: 'deterministic',
    digest_max_depth: 1,
    auto_curation_enabled: true,
    trace_enabled: false,
    manager_context_budget_tokens: 150000,
    manager_context_compress_threshold: 0.8,
    pipeline_critique_planning: false,
    parallel_gate_chain: false,
    strict_criteria: false,
  },
  'orchestration.delegation_loop.models': {
    manager: null,
    worker: null,
  },
  'orchestration.delegation_loop.budget': {
    max_loops: 15,
    max_total_workers: 20,
    max_total_tokens: 500000,
    max_wall_time: 300,
    max_tool_calls: 100,
    max_depth: 3,
    max_model_calls: null,
    max_cost_usd: null,
    max_parallel_workers: 8,
    max_concurrent_submanagers: 3,
    max_total_submanagers_per_run: 6,
    max_workers_per_iteration: 6,
    max_rejected_completions: 2,
    min_loops_per_subtask: 3,
  },
  'orchestration.delegation_loop.worker_policy.enforced.sandbox': {
    type: 'subprocess',
    max_memory_mb: 512,
    max_cpu_seconds: 30,
    network: false,
  },
  'orchestration.delegation_loop.worker_policy.enforced.codemode': {
    max_tools_per_worker: 10,
  },
  'orchestration.delegation_loop.worker_policy.enforced.rate_limiting': {
    max_llm_calls_per_minute: 30,
  },
  'orchestration.delegation_loop.worker_policy.enforced': {
    forbidden_tools: ['file.write_outside_workspace', 'shell.execute'],
  },
  'orchestration.delegation_loop.worker_policy': {
    manager_controlled: [
      'instructions',
      'skills',
      'tools_allowed',
      'output_contract',
      'codemode.enabled',
      'codemode.tool_creation',
      'temperature',
    ],
  },
  'orchestration.delegation_loop.context_budget': {
    total_chars: 64000,
    min_per_entry: 4000,
    preview_chars: 2000,
  },
  'orchestration.delegation_loop.termination': {
    enabled: true,
    window: 3,
    min_confidence_delta: 0.05,
    action: 'warn_then_stop',
  },
  'orchestration.delegation_loop.termination.strategy_switching': {
    enabled: false,
    strategies: ['decompose_finer', 'simplify', 'reframe', 'escalate'],
  },
  'orchestration.delegation_loop.validation.deterministic': {
    always: true,
    checks: ['schema', 'required_fields', 'confidence', 'budget'],
  },
  'orchestration.delegation_loop.validation.llm': {
    enabled: true,
    skip_when_confidence_above: 0.95,
    skip_when_budget_remaining_below: 0.1,
  },
  'orchestration.delegation_loop.history': {
    rolling_summary: true,
    full_results_window: 3,
    persist_to_disk: true,
  },
  'orchestration.delegation_loop.critique': {
    enabled: false,
    mode: 'inline',
    model: null,
    max_repair_attempts: 2,
    repair_budget_fraction: 0.15,
    pattern_memory: true,
    min_score_to_complete: 0.6,
    min_score_to_delegate: 0,
    defect_categories: [
      'missing_data',
      'wrong_format',
      'incomplete',
      'hallucinated',
      'stale',
      'policy_violation',
    ],
    defect_category_diagnose_threshold: 3,
    defect_category_hard_cap: 5,
    max_delegation_blocks: 2,
    phase_aware_incomplete: true,
  },
  'orchestration.delegation_loop.planning': {
    enabled: false,
    max_subtasks: 10,
    plan_commit_mode: 'strict',
  },
  'orchestration.delegation_loop.diagnosis': {
    enabled: false,
    max_hypotheses: 3,
    confidence_threshold: 0.3,
  },
  'orchestration.delegation_loop.budget_reservation': {
    enabled: false,
    phases: [
      { name: 'core_work', fraction: 0.6 },
      { name: 'validation_repair', fraction: 0.2 },
      { name: 'synthesis', fraction: 0.15 },
      { name: 'reserve', fraction: 0.05 },
    ],
  },
  'orchestration.delegation_loop.decision_journal': {
    enabled: false,
    max_entries: 20,
  },
  'orchestration.delegation_loop.logging': {
    format: 'dual',
    persist_artifacts: true,
  },
  'orchestration.delegation_loop.auto_promotion': {
    enabled: false,
    threshold: 0.65,
    max_depth: 2,
    min_budget_fraction: 0.15,
  },
  'orchestration.delegation_loop.reservation': {
    enabled: true,
    child_fraction: 0.4,
    refund_on_complete: true,
    strict: false,
  },
  'orchestration.run_budget': {
    max_wall_time: 300,
    max_total_tokens: 500000,
    max_tool_calls: 100,
    max_agent_runs: 50,
    max_cost_usd: null,
    enabled_limits: [],
  },
  state: {
    model: 'shared_dict',
    initial: {},
    required_fields: [],
    auto_inject: {},
  },
  'state.limits': {
    max_state_size_mb: 10,
    max_field_size_mb: 1,
    max_fields: 1000,
  },
  'state.persistence': {
    enabled: true,
    path: 'data/state',
    format: 'json',
    interval: 'per_agent',
    snapshot_on_completion: true,
  },
  'state.sharing': {
    strategy: 'full',
    rules: [],
    never_share: [],
    sensitive_fields: [],
    validation: 'warn',
  },
  'state.sharing.rules[]': {
    fields: [],
  },
  memory: {
    enabled: true,
    workspace_dir: 'workspace',
    search_enabled: true,
  },
  'memory.tiers.long_term': {
    enabled: true,
    file: 'MEMORY.md',
    max_size_kb: 100,
    inject: true,
    max_tokens: 2000,
    auto_curate: false,
    curate_interval: 'daily',
  },
  'memory.tiers.working': {
    enabled: true,
    directory: 'memory',
    retention_days: 30,
    auto_write: true,
  },
  'memory.tiers.episodic': {
    enabled: true,
    max_entries: 100,
  },
  'memory.tiers.semantic': {
    enabled: false,
    backend: 'chromadb',
    config: {},
  },
  'memory.curation': {
    enabled: false,
    schedule: 'after_run',
    days: 7,
  },
  'communication.bus': {
    type: 'internal',
    persistence: 'run',
    max_message_size: 65536,
    delivery: 'at_least_once',
    ordering: 'fifo',
  },
  'communication.bus.connection': {
    options: {},
  },
  communication: {
    channels: [],
    patterns: [],
    default_channel: 'direct',
  },
  'communication.channels[]': {
    type: 'direct',
    config: {},
  },
  'communication.channels[].participants': {
    publishers: ['*'],
    subscribers: ['*'],
  },
  'communication.patterns[]': {
    timeout: 30,
    max_rounds: 5,
    config: {},
  },
  'observability.logging': {
    level: 'INFO',
    format: 'json',
    outputs: [{ type: 'console' }],
  },
  'observability.logging.outputs[].rotation': {
    max_size_mb: 10,
    max_files: 5,
  },
  'observability.logging.capture': {
    agent_io: true,
    state_transitions: true,
    llm_prompts: true,
    llm_responses: false,
    tool_calls: true,
    tool_results: true,
  },
  'observability.logging.redaction': {
    patterns: [],
    fields: [],
  },
  'observability.metrics': {
    enabled: false,
    exporter: 'internal',
    interval: 30,
    include: [],
    custom: [],
  },
  'observability.metrics.custom[]': {
    labels: [],
  },
  'observability.tracing': {
    enabled: false,
    exporter: 'internal',
    propagation: 'w3c',
  },
  'observability.tracing.sampling': {
    strategy: 'always_on',
    rate: 1,
  },
  'observability.audit': {
    enabled: false,
    integrity: 'hash_chain',
    hash_algorithm: 'sha256',
    format: 'jsonl',
    include_events: [],
    include_inputs: false,
    include_outputs: false,
  },
  'observability.audit.storage': {
    type: 'file',
    path: 'logs/audit.jsonl',
  },
  'observability.audit.retention': {
    max_age_days: 90,
    max_size_mb: 100,
  },
  'observability.audit.access_control': {
    read: [],
    write: [],
  },
  'observability.health.readiness': {
    checks: ['llm_provider_reachable', 'tools_available'],
    timeout: 10,
    on_failure: 'abort',
  },
  'observability.health.readiness.checks[]': {
    type: 'custom',
    timeout: 10,
    config: {},
  },
  'observability.health.liveness': {
    interval: 30,
    timeout: 10,
    failure_threshold: 3,
    checks: ['llm_provider_reachable', 'memory_backend_writable'],
    action: 'pause_and_notify',
  },
  'observability.health.liveness.checks[]': {
    type: 'custom',
    timeout: 10,
    config: {},
  },
  'observability.evaluation': {
    enabled: false,
    metrics: [],
    artifact_path: 'data/evaluation',
  },
  'observability.evaluation.metrics[]': {
    weight: 1,
  },
  'observability.evaluation.thresholds': {
    accept: 0.85,
    retry: 0.65,
    fail: 0.4,
  },
  'observability.evaluation.step_scores': {
    enabled: false,
    hooks: ['final_answer'],
  },
  'observability.evaluation.retry_policy': {
    enabled: false,
    max_repairs: 2,
  },
  'observability.evaluation.retry_policy.actions': {
    below_retry: 'retry_with_repair',
    below_fail: 'fail_workflow',
  },
  'observability.evaluation.rubric_judge': {
    temperature: 0,
  },
  'security.circuit_breaker': {
    enabled: false,
    failure_threshold: 5,
    reset_timeout: 60,
    half_open_max: 2,
    monitored_exceptions: ['timeout', 'server_error'],
  },
  'security.circuit_breaker.per_tool.*': {
    failure_threshold: 5,
    reset_timeout: 60,
    half_open_max: 2,
  },
  'security.rate_limiting': {
    enabled: true,
    burst_multiplier: 1.5,
    on_exceeded: 'queue',
  },
  'security.rate_limiting.per_agent': {
    max_calls_per_minute: 60,
    max_tokens_per_minute: 100000,
  },
  'security.rate_limiting.per_tool': {
    max_calls_per_minute: 30,
  },
  'security.access_control': {
    enabled: false,
    default_policy: 'allow',
    agent_policies: {},
    rules: [],
  },
  'security.access_control.agent_policies.*': {
    filesystem_access: 'read',
  },
  'security.secrets': {
    backend: 'env',
    path: 'secrets.yaml',
    required: [],
    never_log: [],
    grants: {},
    options: {},
  },
  security: {
    audit_security_events: true,
  },
  'capabilities.custom_tools': {
    source_dir: 'mcp',
    auto_discovery: true,
    auto_inject: true,
    declarations: [],
    reserved_namespaces: [...RESERVED_NAMESPACES],
  },
  'capabilities.custom_tools.declarations[]': {
    replaces: false,
  },
  'capabilities.custom_tools.declarations[].meta': {
    side_effects: true,
    idempotent: false,
    deterministic: false,
    requires: [],
  },
  dynamic_tools: {
    enabled: false,
    persist: false,
    max_total: 50,
    allowed_namespaces: ['dynamic'],
    code_review: false,
    cache: true,
    dry_run: true,
    dry_run_timeout_seconds: 5,
    timeout_seconds: 10,
    induction: false,
  },
  'dynamic_tools.allowed_namespaces[]': {
    capabilities: ['compute'],
    network_allowlist: [],
    secrets: [],
  },
  'safety_envelope.sandbox': {
    min: 'subprocess',
  },
  safety_envelope: {
    forbidden_tools: [],
    max_tools: 10,
    approvals: [],
  },
};
/** `agent.awp.yaml`: surfaces 7.9, capabilities 1.2, 3, 5 and 7.3. */
const AGENT: Table = {
  identity: {
    version: '1.0.0',
    tags: [],
  },
  runtime: {
    class_name: 'Agent',
    strategy_folder: 'workflow',
  },
  model: {
    name: '',
    fallback: [],
  },
  'model.parameters': {
    temperature: 0,
    max_tokens: null,
    top_p: 1,
  },
  'model.reasoning': {
    enabled: false,
    effort: 'medium',
    force: false,
  },
  prompt: {
    additional: [],
    variables: {},
    injection_order: ['system', 'skills', 'memory', 'messages', 'context', 'additional'],
  },
  output: {
    format: 'json',
  },
  'output.validation': {
    strict: true,
    max_retries: 3,
    on_failure: 'error',
  },
  vision: {
    enabled: false,
    formats: ['png', 'jpg', 'jpeg', 'webp', 'gif'],
    max_images: 5,
    max_size_mb: 10,
  },
  preprocessor: {
    enabled: false,
    pipeline: 'default',
    steps: [],
  },
  memory: {
    enabled: true,
    long_term_inject: true,
    long_term_max_tokens: 2000,
    daily_log_enabled: true,
    daily_log_auto_write: true,
    search_enabled: true,
    tiers: [],
  },
  'capabilities.tools': {
    enabled: false,
    max_calls: null,
    max_parallel: 1,
    timeout_per_call: 30,
    allowed: [],
    denied: [],
    namespaces: [],
  },
  'capabilities.skills': {
    foundation: true,
    shared: true,
    agent_specific: [],
    external: [],
    load_order: [],
  },
  capabilities: {
    data_sources: [],
  },
  'capabilities.data_sources[]': {
    config: {},
  },
  'capabilities.codemode': {
    enabled: false,
    language: 'python',
    tool_creation: false,
    tool_creation_namespace: 'dynamic',
    max_tools: 10,
    repair_attempts: 2,
  },
  'capabilities.codemode.sdk_surface': {
    mode: 'auto',
    include: [],
    exclude: [],
  },
  'capabilities.codemode.execution': {
    sandbox_ref: 'capabilities.sandbox',
    timeout: 30,
    max_retries: 1,
    capture_console: true,
  },
  'capabilities.codemode.state': {
    enabled: false,
    backend: 'memory',
  },
};

/** `sandbox` of the workflow and `capabilities.sandbox` of an agent: capabilities 2.1. */
const SANDBOX: Table = {
  '': {
    enabled: false,
    type: 'subprocess',
    runtime: 'python',
    timeout: 30,
    packages: [],
    image: 'awp-sandbox-python',
    pip_install: false,
    allowed_modules: [],
  },
  constraints: {
    max_memory_mb: 256,
    max_cpu_seconds: 30,
    max_output_bytes: 1048576,
  },
  filesystem: {
    read: [],
    write: [],
    deny: [],
  },
  commands: {
    allowed: [],
    denied: [],
  },
  network: {
    enabled: false,
    allowed_hosts: [],
    intercept: false,
  },
};

describe('what is not written', () => {
  it('in a manifest has the standard’s defaults', () => {
    const elsewhere = [
      'orchestration.graph[].config',
      'orchestration.context_budget',
      'orchestration.delegation_loop.safety_envelope',
      'sandbox',
    ];
    expect(without(defaultsOf(manifestSchema), elsewhere)).toEqual(MANIFEST);
  });

  it('in an agent’s file has the standard’s defaults', () => {
    expect(without(defaultsOf(agentSchema), ['capabilities.sandbox'])).toEqual(AGENT);
  });

  it('of a box is the same for the workflow and for an agent', () => {
    expect(below(defaultsOf(manifestSchema), 'sandbox')).toEqual(SANDBOX);
    expect(below(defaultsOf(agentSchema), 'capabilities.sandbox')).toEqual(SANDBOX);
  });

  it('of a loop, a context budget and an envelope is the same wherever they stand', () => {
    const all = defaultsOf(manifestSchema);
    const loop = defaultsOf(delegationLoopSchema);
    expect(below(all, 'orchestration.graph[].config')).toEqual(loop);
    expect(below(all, 'orchestration.delegation_loop')).toEqual(loop);
    expect(below(all, 'orchestration.context_budget')).toEqual(
      below(all, 'orchestration.delegation_loop.context_budget'),
    );
    expect(below(all, 'safety_envelope')).toEqual(
      below(all, 'orchestration.delegation_loop.safety_envelope'),
    );
  });

  it('of a budget is what the API takes too (decision 10)', () => {
    const { budget } = delegationLoopSchema.parse({ budget: {} });
    expect({
      loops: budget?.max_loops,
      workers: budget?.max_total_workers,
      tokens: budget?.max_total_tokens,
      time: (budget?.max_wall_time ?? 0) * 1000,
      tools: budget?.max_tool_calls,
      depth: budget?.max_depth,
      calls: budget?.max_model_calls,
      cost: budget?.max_cost_usd,
      parallel: budget?.max_parallel_workers,
    }).toEqual(DEFAULT_LIMITS);
  });

  it('is a value that the field itself takes', () => {
    for (const schema of [manifestSchema, agentSchema]) {
      for (const [path, inner] of fieldsOf(schema)) {
        const found = defaultOf(inner);
        if (found) expect(inner.safeParse(found.value).success, path).toBe(true);
      }
    }
  });

  it('does not come into being where a section is left out: raw presence is what levels look at', () => {
    const least = { awp: '1.0.0', workflow: { name: 'news-digest' } };
    expect(manifestSchema.parse(least)).toEqual(least);
    expect(manifestSchema.parse({ ...least, orchestration: {} }).orchestration).toEqual({
      engine: 'dag',
      graph: [],
      subworkflows: [],
      degradation: [],
    });
  });

  it('is filled in once: what was filled in reads the same again', () => {
    const written = {
      awp: '1.0.0',
      workflow: { name: 'news-digest' },
      orchestration: {
        graph: [{ id: 'planner', retry: {}, loop: {} }],
        delegation_loop: { budget: {} },
      },
      observability: { logging: {}, health: { readiness: {}, liveness: {} } },
      security: { rate_limiting: { per_agent: {} } },
    };
    const once = manifestSchema.parse(written);
    expect(manifestSchema.parse(once)).toEqual(once);
  });
});

function defaultOf(schema: z.ZodType): { value: unknown } | undefined {
  const result = schema.safeParse(undefined);
  return result.success && result.data !== undefined ? { value: result.data } : undefined;
}

function defaultsOf(schema: z.ZodType): Record<string, Record<string, unknown>> {
  const table: Record<string, Record<string, unknown>> = {};
  for (const [path, inner] of fieldsOf(schema)) {
    const found = defaultOf(inner);
    if (!found) continue;
    const dot = path.lastIndexOf('.');
    const section = dot === -1 ? '' : path.slice(0, dot);
    table[section] = { ...table[section], [path.slice(dot + 1)]: found.value };
  }
  return table;
}

function without(table: Table, sections: readonly string[]): Table {
  const out = (name: string): boolean =>
    sections.some((section) => name === section || name.startsWith(`${section}.`));
  return Object.fromEntries(Object.entries(table).filter(([name]) => !out(name)));
}

function below(table: Table, section: string): Table {
  return Object.fromEntries(
    Object.entries(table).flatMap(([name, fields]) => {
      if (name === section) return [['', fields]];
      return name.startsWith(`${section}.`) ? [[name.slice(section.length + 1), fields]] : [];
    }),
  );
}
