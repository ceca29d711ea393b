import { describe, expect, it } from 'vitest';
import { loopTools } from '../../src/data/loop-tools.ts';
import { safetyEnvelopeSchema } from '../../src/models/safety-envelope.ts';
import { securitySchema } from '../../src/models/security.ts';

const rules = (security: object, envelope: object = {}) =>
  loopTools({
    security: securitySchema.parse(security),
    approvals: safetyEnvelopeSchema.parse(envelope).approvals,
  });

describe('what a workflow says of tool calls', () => {
  it('is nothing when it has no security section', () => {
    expect(loopTools({ security: undefined, approvals: undefined })).toEqual({});
    expect(rules({})).toEqual({});
  });

  it('rate limits', () => {
    const per_tool = {
      max_calls_per_minute: 7,
      overrides: { 'web.*': { max_calls_per_minute: 2 }, 'x.y': { max_tokens_per_minute: 5 } },
    };
    const rate_limiting = {
      per_agent: { max_calls_per_minute: 3 },
      per_tool,
      on_exceeded: 'reject',
    };
    expect(rules({ rate_limiting }).toolPolicy).toEqual({
      rate: { perAgent: 3, perTool: 7, onExceeded: 'reject' },
      overrides: [{ tool: 'web.*', perMinute: 2 }],
    });
    expect(rules({ rate_limiting: { ...rate_limiting, enabled: false } })).toEqual({});
  });

  it('breakers, in the spellings of the standard and of its first implementation', () => {
    const breaker = {
      enabled: true,
      reset_timeout: 1.5,
      monitored_exceptions: ['TimeoutError', 'timeout', 'ConnectionError', 'unheard_of'],
      per_tool: { 'x.y': { failure_threshold: 1 } },
    };
    expect(rules({ circuit_breaker: breaker }).toolPolicy?.breaker).toEqual({
      ...{ failures: 5, resetMs: 1500, halfOpen: 2 },
      monitored: ['timeout', 'connection_error'],
      perTool: { 'x.y': { failures: 1, resetMs: 60_000, halfOpen: 2 } },
    });
    expect(rules({ circuit_breaker: { ...breaker, enabled: false } })).toEqual({});
  });

  it('access: policies of agents, rules, and what counts for all others', () => {
    const access_control = {
      enabled: true,
      default_policy: 'deny',
      agent_policies: {
        reader: { allowed_tools: ['file.*'], filesystem_access: 'read' },
        blind: { filesystem_access: 'none' },
        writer: { allowed_tools: ['*.*'], denied_tools: ['x.y'], filesystem_access: 'full' },
      },
      rules: [{ agent: '*', deny_tools: ['shell.*'] }],
    };
    expect(rules({ access_control }).toolPolicy?.access).toEqual([
      { agent: 'reader', allowed: ['file.*'], denied: ['file.write', 'file.delete'] },
      { agent: 'blind', denied: ['file.*'] },
      { agent: 'writer', allowed: ['*.*'], denied: ['x.y'] },
      { agent: '*', denied: ['shell.*'] },
      { agent: '*', except: ['reader', 'writer'], allowed: [] },
    ]);
    expect(rules({ access_control: { ...access_control, enabled: false } })).toEqual({});
  });

  it('approvals of the safety envelope', () => {
    const approvals = ['network', 'shell', 'loops', 'submanagers', 'budget'] as const;
    expect(rules({}, { approvals: [...approvals] })).toEqual({ approve: approvals });
  });
});
