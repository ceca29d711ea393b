import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as api from '../src/index.ts';
import * as testing from '../src/testing.ts';
import { parseSource } from './architecture/source.ts';

/** All names that an entry exports, those of types marked. */
function namesOf(entry: string, values: object): string[] {
  const text = readFileSync(resolve(import.meta.dirname, '../src', entry), 'utf8');
  const there = new Set(Object.keys(values));
  return parseSource(entry, text)
    .exports.map(({ name }) => (there.has(name) ? name : `type ${name}`))
    .sort();
}

describe('what the package promises', () => {
  it('is this list of names for programs', () => {
    expect(namesOf('index.ts', api)).toMatchInlineSnapshot(`
      [
        "AgentGraph",
        "AgentWorkflow",
        "AwpError",
        "Secret",
        "compliance",
        "emptyState",
        "evaluateRun",
        "file",
        "fold",
        "foldAll",
        "forkRun",
        "fromEnv",
        "jsonSchema",
        "loadWorkflow",
        "pack",
        "pendingApprovals",
        "resolveApproval",
        "resultJson",
        "resumeRun",
        "runReport",
        "toMermaid",
        "tool",
        "type AgentCall",
        "type AgentGraphOptions",
        "type AgentOutput",
        "type AgentSpend",
        "type ApprovalReply",
        "type ApprovalRequest",
        "type ApproveOption",
        "type AskAnswer",
        "type AskMessage",
        "type AskOptions",
        "type BudgetOptions",
        "type Capabilities",
        "type ComplianceOptions",
        "type ComplianceReport",
        "type DependencyOptions",
        "type Diagnostic",
        "type Edit",
        "type ErrorFamily",
        "type EvaluateOptions",
        "type EvaluationOptions",
        "type EvaluationReport",
        "type EventData",
        "type EventOf",
        "type FanInOptions",
        "type FanOutOptions",
        "type Findings",
        "type Fix",
        "type ForkOptions",
        "type FunctionCall",
        "type GraphNodeOptions",
        "type GraphProblem",
        "type InnerGraph",
        "type InputValue",
        "type Json",
        "type JsonObject",
        "type Limits",
        "type LiveEvent",
        "type LoadedWorkflow",
        "type LoopOptions",
        "type McpAddressOptions",
        "type McpCommandOptions",
        "type McpServerOptions",
        "type MermaidOptions",
        "type Message",
        "type MetricOptions",
        "type ModelDelta",
        "type ModelProvider",
        "type ModelRequest",
        "type OnApproval",
        "type OrderChanges",
        "type OutputSchema",
        "type OwnTool",
        "type PackOptions",
        "type PackResult",
        "type Plan",
        "type Position",
        "type Price",
        "type Range",
        "type Reasoning",
        "type Related",
        "type ReportOptions",
        "type ResultApproval",
        "type ResultArtifact",
        "type ResultNode",
        "type ResultUsage",
        "type ResumeOptions",
        "type RetryOptions",
        "type RunEvent",
        "type RunEventType",
        "type RunHandle",
        "type RunResult",
        "type RunState",
        "type RunStatus",
        "type RunSummary",
        "type RunWorkflowOptions",
        "type SandboxOptions",
        "type SandboxPolicy",
        "type SchemaName",
        "type SecretOptions",
        "type Severity",
        "type SourceFile",
        "type StandardSchema",
        "type StartGraphOptions",
        "type StartOptions",
        "type StateLimitsOptions",
        "type StepFunction",
        "type Store",
        "type Tool",
        "type ToolCall",
        "type ToolCallContext",
        "type ToolContext",
        "type ToolDefinition",
        "type ToolInput",
        "type ToolPolicyOptions",
        "type ToolProgress",
        "type ToolResult",
        "type TrustOption",
        "type TrustQuestion",
        "type UnpackOptions",
        "type UnpackResult",
        "type Usage",
        "type ValidateOptions",
        "type ValidationReport",
        "type VerifyOptions",
        "type VerifyResult",
        "type Workflow",
        "type WorkflowOptions",
        "unpack",
        "validate",
        "verify",
      ]
    `);
  });

  it('is this list of names for tests', () => {
    expect(namesOf('testing.ts', testing)).toMatchInlineSnapshot(`
      [
        "fixedClock",
        "memoryStore",
        "recordTape",
        "replayTape",
        "scriptedModel",
        "type FixedClock",
        "type MemoryStoreOptions",
        "type Script",
        "type ScriptedAnswer",
        "type ScriptedModel",
        "type ScriptedOptions",
        "type TestTapeOptions",
      ]
    `);
  });

  it('holds no value that the list does not name', () => {
    expect(namesOf('index.ts', api)).toEqual(expect.arrayContaining(Object.keys(api)));
    expect(namesOf('testing.ts', testing)).toEqual(expect.arrayContaining(Object.keys(testing)));
  });
});
