import { join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { resultJson, resultOf } from '../events/result.ts';
import { ARTIFACT_BYTES, findArtifact, readArtifact } from './artifacts.ts';
import { runAddress } from './facts.ts';
import type { ServerParts } from './tool.ts';

/** What a resource has: text, or bytes in base64. */
export type ResourceContent = { uri: string; mimeType: string } & (
  | { text: string }
  | { blob: string }
);

/** A resource as it is listed. */
export interface ListedResource {
  uri: string;
  name: string;
  title?: string;
  description?: string;
  mimeType: string;
}

/** A kind of resources by the form of their addresses. */
export interface ServerResource {
  name: string;
  title: string;
  description: string;
  mimeType?: string;
  template: string;
  list?(): Promise<ListedResource[]>;
  /** `part` gives a variable of the template, percent signs resolved. Throws `AwpError`. */
  read(uri: string, part: (name: string) => string): Promise<ResourceContent>;
}

/** Runs that are listed as resources. */
const LISTED_RUNS = 50;
/** Characters of a log that are sent. */
const LOG_CHARS = 10 * 1024 * 1024;

/** The resources of a server. */
export function serverResources(parts: ServerParts): ServerResource[] {
  return [
    runResource(parts),
    eventsResource(parts),
    artifactResource(parts),
    workflowResource(parts),
  ];
}

function runResource({ desk }: ServerParts): ServerResource {
  return {
    name: 'run',
    title: 'A run',
    description: 'the whole result of a run as far as it has come',
    mimeType: 'application/json',
    template: 'awp://runs/{id}',
    async list() {
      const runs = await desk.list({ limit: LISTED_RUNS });
      return runs.map(({ run, name, status, task }) => ({
        uri: runAddress(run),
        name: run,
        title: `${name} (${status})`,
        description: task.replace(/\s+/g, ' ').slice(0, 200),
        mimeType: 'application/json',
      }));
    },
    async read(uri, part) {
      const { state, artifacts } = await desk.look(part('id'));
      const text = JSON.stringify(resultJson(resultOf(state, artifacts)), undefined, 2);
      return { uri, mimeType: 'application/json', text };
    },
  };
}

function eventsResource({ desk }: ServerParts): ServerResource {
  return {
    name: 'events',
    title: 'The log of a run',
    description: 'every event of a run, one JSON object a line',
    mimeType: 'application/x-ndjson',
    template: 'awp://runs/{id}/events',
    async read(uri, part) {
      const { store } = desk.home;
      const { run } = await store.find(part('id'));
      const lines: string[] = [];
      let chars = 0;
      for (let after = 0; ; ) {
        const page = await store.read(run, after);
        if (page.length === 0) break;
        for (const event of page) {
          const line = `${JSON.stringify(event)}\n`;
          chars += line.length;
          if (chars > LOG_CHARS) throw tooLong(run);
          lines.push(line);
          after = event.seq;
        }
      }
      return { uri, mimeType: 'application/x-ndjson', text: lines.join('') };
    },
  };
}

function tooLong(run: string): AwpError {
  return new AwpError('source/too-big', `the log of run ${run} is longer than 10 MiB`, {
    hint: `awp runs export ${run} writes all of it`,
  });
}

function artifactResource(parts: ServerParts): ServerResource {
  return {
    name: 'artifact',
    title: 'An artifact of a run',
    description: `a file that a run handed out, of at most ${ARTIFACT_BYTES} bytes`,
    template: 'awp://runs/{id}/artifacts/{+path}',
    async read(uri, part) {
      const found = await findArtifact(part('id'), part('path'), parts);
      const content = await readArtifact(found, parts);
      const mimeType = found.artifact.type;
      if ('text' in content) return { uri, mimeType, text: content.text };
      return { uri, mimeType, blob: Buffer.from(content.bytes).toString('base64') };
    },
  };
}

function workflowResource({ workflows, settings }: ServerParts): ServerResource {
  return {
    name: 'workflow',
    title: 'A workflow',
    description: 'the manifest of a workflow that can be run',
    mimeType: 'application/yaml',
    template: 'awp://workflows/{name}',
    async list() {
      return workflows.map(({ slug, name, description }) => ({
        uri: `awp://workflows/${slug}`,
        name,
        description: description.slice(0, 1000),
        mimeType: 'application/yaml',
      }));
    },
    async read(uri, part) {
      const slug = part('name');
      const found = workflows.find((one) => one.slug === slug);
      if (!found) {
        throw new AwpError('spec/no-workflow', `no workflow ${slug} is served`, {
          hint: `there are ${workflows.map((one) => one.slug).join(', ') || 'none'}`,
        });
      }
      const path = join(found.folder, 'workflow.awp.yaml');
      const text = await settings.effects.files.readText(path);
      return { uri, mimeType: 'application/yaml', text };
    },
  };
}
