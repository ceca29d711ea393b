import { matchHost } from '../../base/hosts.ts';
import { matchesTool } from '../../base/paths.ts';
import type { Secret } from '../../base/secret.ts';
import type { GrantedSecret } from '../../ports/host.ts';
import type { Tool } from '../../ports/tool.ts';

/** Shorter values are not redacted: they would blank out ordinary words. */
const SHORTEST_HIDDEN = 8;

type Granted = ReadonlyMap<string, GrantedSecret>;

/** The secrets that a tool declares and that the author lets it have (threat T14). */
export function secretsOf(granted: Granted, tool: Tool): ReadonlyMap<string, Secret> {
  const found = new Map<string, Secret>();
  for (const declared of tool.secrets ?? []) {
    const name = declared.replace(/\?$/, '');
    const grant = granted.get(name);
    const allowed = grant?.tools?.some((pattern) => matchesTool(pattern, tool.name)) ?? true;
    if (grant && allowed) found.set(name, grant.secret);
  }
  return found;
}

/**
 * The secret that a request to this host may carry; undefined when it may not. A host without a port
 * is that of HTTPS.
 */
export function secretFor(granted: Granted, name: string, host: string): Secret | undefined {
  const grant = granted.get(name);
  if (!grant || !URL.canParse(`https://${host}`)) return undefined;
  const { hostname, port } = new URL(`https://${host}`);
  const target = { host: hostname, port: Number(port) || 443 };
  return matchHost(grant.hosts, target) ? grant.secret : undefined;
}

/** What the user should know about secrets that were found, in sentences without values. */
export function secretNotes(secrets: Granted): string[] {
  return [...secrets].flatMap(([name, { secret }]) =>
    secret.reveal().length >= SHORTEST_HIDDEN
      ? []
      : [
          `the secret ${name} is shorter than ${SHORTEST_HIDDEN} characters and is not taken out of what is written`,
        ],
  );
}
