import type { Rule } from '../rule.ts';
import { ct10AsyncTools } from './ct10-async-tools.ts';
import { r01Version } from './r01-version.ts';
import { r02WorkflowName } from './r02-workflow-name.ts';
import { r03ClassName } from './r03-class-name.ts';
import { r04AgentIdentity } from './r04-agent-identity.ts';
import { r05UniqueNodes } from './r05-unique-nodes.ts';
import { r06Acyclic } from './r06-acyclic.ts';
import { r07KnownDependencies } from './r07-known-dependencies.ts';
import { r08AgentFiles } from './r08-agent-files.ts';
import { r09OutputContract } from './r09-output-contract.ts';
import { r10ReservedNamespaces } from './r10-reserved-namespaces.ts';
import { r11UniqueTools } from './r11-unique-tools.ts';
import { r12AgentId } from './r12-agent-id.ts';
import { r13ReservedState } from './r13-reserved-state.ts';
import { r14SensitiveFields } from './r14-sensitive-fields.ts';
import { r15ChannelSchema } from './r15-channel-schema.ts';
import { r16SharingStrategy } from './r16-sharing-strategy.ts';
import { r17Timeouts } from './r17-timeouts.ts';
import { r18AuditIntegrity } from './r18-audit-integrity.ts';
import { r19CodemodeTools } from './r19-codemode-tools.ts';
import { r20CodemodeSandbox } from './r20-codemode-sandbox.ts';
import { r21CodemodeLanguage } from './r21-codemode-language.ts';
import { r22SdkInclude } from './r22-sdk-include.ts';
import { r23SdkExclude } from './r23-sdk-exclude.ts';
import { r24IsolateNetwork } from './r24-isolate-network.ts';
import { r25CreationNamespace } from './r25-creation-namespace.ts';
import { r26ToolCreation } from './r26-tool-creation.ts';
import { r27MetricKinds } from './r27-metric-kinds.ts';
import { r28Thresholds } from './r28-thresholds.ts';
import { r29Weights } from './r29-weights.ts';
import { r30HooksAndActions } from './r30-hooks-and-actions.ts';
import { r31DeclaredDepth } from './r31-declared-depth.ts';
import { r32DepthLimit } from './r32-depth-limit.ts';

/** THE list of rules, in the order of the standard. */
export const rules: readonly Rule[] = [
  r01Version,
  r02WorkflowName,
  r03ClassName,
  r04AgentIdentity,
  r05UniqueNodes,
  r06Acyclic,
  r07KnownDependencies,
  r08AgentFiles,
  r09OutputContract,
  r10ReservedNamespaces,
  r11UniqueTools,
  r12AgentId,
  r13ReservedState,
  r14SensitiveFields,
  r15ChannelSchema,
  r16SharingStrategy,
  r17Timeouts,
  r18AuditIntegrity,
  r19CodemodeTools,
  r20CodemodeSandbox,
  r21CodemodeLanguage,
  r22SdkInclude,
  r23SdkExclude,
  r24IsolateNetwork,
  ct10AsyncTools,
  r25CreationNamespace,
  r26ToolCreation,
  r27MetricKinds,
  r28Thresholds,
  r29Weights,
  r30HooksAndActions,
  r31DeclaredDepth,
  r32DepthLimit,
];
