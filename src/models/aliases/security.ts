import type { YamlNode } from '../../base/yaml-node.ts';
import type { Alias } from './alias.ts';
import { aliasesOf, mapNode } from './build.ts';

const { move, shape, values } = aliasesOf('workflow');
const LIMITS = 'security.rate_limiting';
const BREAKER = 'security.circuit_breaker';
const EXCEPTIONS = `${BREAKER}.monitored_exceptions[]`;

/** `per_agent: true`: limits of the standard always count for each agent. */
function perAgent(node: YamlNode): YamlNode | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'boolean') return undefined;
  return mapNode(node, []);
}

/** Spellings of breakers, limits and secrets (surfaces 0.2 and 7.8, capabilities 9). */
export const securityAliases: readonly Alias[] = [
  move('security.rate_limit', LIMITS),
  shape(`${LIMITS}.per_agent`, {
    accepts: { type: 'boolean' },
    canonical: 'per_agent: { max_calls_per_minute }',
    reshape: perAgent,
  }),
  move(`${LIMITS}.max_per_minute`, `${LIMITS}.per_agent.max_calls_per_minute`, { code: 'D9' }),
  move(`${LIMITS}.max_calls_per_minute`, `${LIMITS}.per_agent.max_calls_per_minute`, {
    code: 'D9',
  }),
  move(`${LIMITS}.max_tokens_per_minute`, `${LIMITS}.per_agent.max_tokens_per_minute`, {
    code: 'D9',
  }),
  move(`${BREAKER}.recovery_timeout`, `${BREAKER}.reset_timeout`),
  move(`${BREAKER}.half_open_max_calls`, `${BREAKER}.half_open_max`),
  values(EXCEPTIONS, {
    TimeoutError: 'timeout',
    ConnectionError: 'connection_error',
    RateLimitError: 'rate_limit',
  }),
  move('security.secrets.provider', 'security.secrets.backend'),
  move('security.secrets_backend', 'security.secrets.backend', { code: 'D9' }),
];
