/** The public API of `awp-agents`; nothing else is promised. */
export type { Diagnostic, Edit, Fix, Related, Severity } from './base/diagnostic.ts';
export { AwpError, type ErrorFamily, type Findings } from './base/errors.ts';
export type { Json, JsonObject } from './base/json.ts';
export type { Position, Range, SourceFile } from './base/source-file.ts';
export {
  AgentWorkflow,
  type ResumeOptions,
  resumeRun,
  type WorkflowOptions,
} from './data/agent-workflow.ts';
export type { ComplianceOptions, ComplianceReport } from './data/compliance.ts';
export { file, type InputValue } from './data/inputs.ts';
export type { SchemaName } from './data/json-schema.ts';
export { type LoadedWorkflow, loadWorkflow } from './data/load-workflow.ts';
export type { BudgetOptions, OutputSchema, SandboxOptions } from './data/options.ts';
export type {
  PackOptions,
  PackResult,
  UnpackOptions,
  UnpackResult,
  VerifyOptions,
  VerifyResult,
} from './data/packages.ts';
export {
  compliance,
  jsonSchema,
  pack,
  unpack,
  validate,
  verify,
} from './data/protocol.ts';
export type { RunHandle, StartOptions } from './data/run-handle.ts';
export type { ValidateOptions, ValidationReport } from './data/validate.ts';
export type {
  EventData,
  EventOf,
  Message,
  ModelDelta,
  RunEvent,
  RunEventType,
  ToolCall,
  Usage,
} from './events/event.ts';
export type { Limits, Plan, SandboxPolicy } from './events/plan.ts';
export { emptyState, fold, foldAll } from './events/reduce.ts';
export {
  type AgentSpend,
  type ResultArtifact,
  type ResultUsage,
  type RunResult,
  resultJson,
} from './events/result.ts';
export type { RunState, RunStatus } from './events/state.ts';
export type { Workflow } from './models/workflow.ts';
export type { ModelProvider, ModelRequest, Price } from './ports/model-provider.ts';
export type { RunSummary, Store } from './ports/store.ts';
export { type MermaidOptions, toMermaid } from './visualizer/mermaid.ts';
