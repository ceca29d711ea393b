/** The public API of `awp-agents`; nothing else is promised. */
export type { Diagnostic, Edit, Fix, Related, Severity } from './base/diagnostic.ts';
export { AwpError, type ErrorFamily, type Findings } from './base/errors.ts';
export type { Json, JsonObject } from './base/json.ts';
export { Secret } from './base/secret.ts';
export type { Position, Range, SourceFile } from './base/source-file.ts';
export { AgentGraph } from './data/agent-graph.ts';
export type {
  AgentGraphOptions,
  DependencyOptions,
  FanInOptions,
  FanOutOptions,
  GraphNodeOptions,
  InnerGraph,
  LoopOptions,
  RetryOptions,
  StartGraphOptions,
  StateLimitsOptions,
} from './data/agent-graph-options.ts';
export {
  AgentWorkflow,
  type ResumeOptions,
  resumeRun,
  type WorkflowOptions,
} from './data/agent-workflow.ts';
export {
  type ApprovalReply,
  type ApprovalRequest,
  type OnApproval,
  pendingApprovals,
  resolveApproval,
} from './data/approvals.ts';
export type { ComplianceOptions, ComplianceReport } from './data/compliance.ts';
export type {
  DynamicToolsOption,
  DynamicToolsOptions,
  NamespaceOptions,
} from './data/creation-options.ts';
export { type EvaluateOptions, type EvaluationReport, evaluateRun } from './data/evaluate.ts';
export type { EvaluationOptions, MetricOptions } from './data/evaluation-options.ts';
export { type ForkOptions, forkRun } from './data/fork-run.ts';
export type { GraphProblem } from './data/graph-check.ts';
export { file, type InputValue } from './data/inputs.ts';
export type { SchemaName } from './data/json-schema.ts';
export {
  type LoadedWorkflow,
  loadWorkflow,
  type RunWorkflowOptions,
} from './data/load-workflow.ts';
export type {
  McpAddressOptions,
  McpCommandOptions,
  McpServerOptions,
} from './data/mcp-settings.ts';
export type { BudgetOptions, OutputSchema, SandboxOptions } from './data/options.ts';
export type { OwnTool } from './data/own-tools.ts';
export type {
  PackOptions,
  PackResult,
  UnpackOptions,
  UnpackResult,
  VerifyOptions,
  VerifyResult,
} from './data/packages.ts';
export {
  type PromotedSkill,
  type PromoteSkillOptions,
  promoteSkill,
} from './data/promote-skill.ts';
export { type PromotedTool, type PromoteToolOptions, promoteTool } from './data/promote-tool.ts';
export {
  compliance,
  jsonSchema,
  pack,
  unpack,
  validate,
  verify,
} from './data/protocol.ts';
export type { RunHandle, StartOptions } from './data/run-handle.ts';
export { type ReportOptions, runReport } from './data/run-report.ts';
export { fromEnv, type SecretOptions } from './data/secret-options.ts';
export type { StandardSchema } from './data/standard-schema.ts';
export {
  type ToolCallContext,
  type ToolDefinition,
  type ToolInput,
  tool,
} from './data/tool.ts';
export type { ApproveOption, ToolPolicyOptions } from './data/tool-options.ts';
export type { TrustOption } from './data/trust.ts';
export type { ValidateOptions, ValidationReport } from './data/validate.ts';
export type { ResultTool } from './events/creation-result.ts';
export type {
  EventData,
  EventOf,
  LiveEvent,
  Message,
  ModelDelta,
  RunEvent,
  RunEventType,
  ToolCall,
  ToolProgress,
  Usage,
} from './events/event.ts';
export type { OrderChanges } from './events/loop-events.ts';
export type { Limits, Plan, SandboxPolicy } from './events/plan.ts';
export { emptyState, fold, foldAll } from './events/reduce.ts';
export {
  type AgentSpend,
  type ResultApproval,
  type ResultArtifact,
  type ResultNode,
  type ResultUsage,
  type RunResult,
  resultJson,
} from './events/result.ts';
export type { RunState, RunStatus } from './events/state.ts';
export type { Workflow } from './models/workflow.ts';
export type { TrustQuestion } from './modules/workflow-tools.ts';
export type {
  Capabilities,
  ModelProvider,
  ModelRequest,
  Price,
  Reasoning,
} from './ports/model-provider.ts';
export type {
  AgentCall,
  AgentOutput,
  AskAnswer,
  AskMessage,
  AskOptions,
  FunctionCall,
  StepFunction,
} from './ports/step.ts';
export type { RunSummary, Store } from './ports/store.ts';
export type { Tool, ToolContext, ToolResult } from './ports/tool.ts';
export { type MermaidOptions, toMermaid } from './visualizer/mermaid.ts';
