import { sha256 } from '../../base/hash.ts';
import { isObject, type JsonObject, jsonBytes, parseJson } from '../../base/json.ts';
import { fileSafe } from '../../base/paths.ts';
import type { Fact } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import type { ToolContext } from '../../ports/tool.ts';
import type { RunContext } from '../context.ts';
import { codemodeOf, SOLVES } from './codemode.ts';
import { type StatePlace, statePlace, WorkspaceState } from './workspace-state.ts';

/** Bytes of JSON that programs of an agent may keep. */
const MOST_BYTES = 256 * 1024;

/** What one tool call can do about what its agent keeps. */
export interface SessionDesk {
  /** Parts of the tool's context; empty for other tools, and for agents that keep nothing. */
  part: Pick<ToolContext, 'session'>;
  /**
   * Keeps what the call wants to keep; what the log is told together with its result. Throws
   * `store/...` when it cannot be written into the run's folder.
   */
  kept(): Promise<Fact[]>;
}

const NOTHING: SessionDesk = { part: {}, kept: async () => [] };

/** A way to keep values between programs. */
interface Backend {
  /** What was kept last; undefined when there is nothing that can be read. `told`: why, in sentences. */
  read(told: string[]): Promise<JsonObject | undefined>;
  /** Writes it down; what the fact says of it. */
  write(value: JsonObject, told: string[]): Promise<{ value?: JsonObject } | undefined>;
}

/** What programs of an agent in code mode kept before one of its calls (spec, capabilities 3: `state`). */
export async function sessionDesk(
  context: RunContext,
  frame: Frame,
  { call, tool }: { call: string; tool: string },
): Promise<SessionDesk> {
  const backend = codemodeOf(context.plan, frame)?.state;
  if (tool !== SOLVES || !backend) return NOTHING;
  const way = BACKENDS[backend](context, frame, call);
  const told: string[] = [];
  const value = (await way.read(told)) ?? {};
  let wanted: JsonObject | undefined;
  return {
    part: {
      session: {
        value,
        keep(next) {
          const bytes = jsonBytes(next);
          if (bytes > MOST_BYTES) {
            return `sdk.state was not kept: it has ${bytes} bytes, more than ${MOST_BYTES}`;
          }
          wanted = next;
          return undefined;
        },
      },
    },
    kept: async () => {
      // What is in files is without secrets, as what is in the log.
      const next = wanted && context.redact(wanted);
      const written = next && (await way.write(next, told));
      const facts = told.map((text) => note(frame, text));
      if (!next || !written) return facts;
      const sha = sha256(JSON.stringify(next));
      const data = { call, backend, sha256: sha, bytes: jsonBytes(next), ...written };
      return [...facts, { type: 'session.kept', agent: frame.id, data }];
    },
  };
}

function note({ name }: Frame, text: string): Fact {
  return {
    type: 'input.resolved',
    data: { name: `state of ${name}`, kind: 'text', note: text },
  };
}

type MakeBackend = (context: RunContext, frame: Frame, call: string) => Backend;

const BACKENDS: Readonly<Record<'memory' | 'filesystem' | 'workspace', MakeBackend>> = {
  memory: (_context, frame) => ({
    read: async () => frame.session,
    write: async (value) => ({ value }),
  }),

  filesystem: ({ state, runFiles }, frame) => ({
    async read(told) {
      const hash = state.sessions?.get(agentKey(frame));
      if (hash === undefined) return undefined;
      const bytes = await runFiles.blob(hash, MOST_BYTES + 1).catch(() => undefined);
      const value = bytes && sha256(bytes) === hash ? parsed(bytes) : undefined;
      if (!value) told.push('what was kept is gone or was changed: it begins anew');
      return value;
    },
    async write(value) {
      await runFiles.keep('state', new TextEncoder().encode(JSON.stringify(value)));
      return {};
    },
  }),

  workspace({ host, plan, state }, frame, call) {
    const place: StatePlace | undefined = statePlace(host, plan, fileNameOf(agentKey(frame)));
    const file = place && new WorkspaceState(place, { run: state.run, call });
    return {
      read: async (told) => await file?.read(told),
      async write(value, told) {
        if (file) return (await file.write(value, told)) ? {} : undefined;
        told.push('nothing is kept for later runs: there is no folder for it');
        return undefined;
      },
    };
  },
};

function parsed(bytes: Uint8Array): JsonObject | undefined {
  const value = parseJson(new TextDecoder().decode(bytes));
  return isObject(value) ? value : undefined;
}

/** All that an agent does in a run shares one state. */
function agentKey({ agentKey: key, name }: Frame): string {
  return key ?? name;
}

/** A name that is safe as one, and no other agent's: what had to be changed has a part of its hash. */
function fileNameOf(key: string): string {
  const safe = fileSafe(key);
  return safe === key ? `${safe}.json` : `${safe}-${sha256(key).slice(0, 8)}.json`;
}
