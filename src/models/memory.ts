import { z } from 'zod';
import { anyMap, texts } from './common.ts';
import { field } from './field.ts';

const tiers = z.strictObject({
  long_term: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether there is one.').default(true),
      file: field(z.string(), 'File below the workspace.').default('MEMORY.md'),
      max_size_kb: field(z.number().positive(), 'Largest size, in KiB.').default(100),
      inject: field(z.boolean(), 'Whether agents see it in their prompts.').default(true),
      max_tokens: field(z.int().positive(), 'Most tokens of it in a prompt.').default(2000),
      auto_curate: field(z.boolean(), 'Whether it is put together by itself.').default(false),
      curate_interval: field(z.enum(['daily', 'weekly', 'on_demand']), 'How often.').default(
        'daily',
      ),
    }),
    'Curated facts.',
  ).optional(),
  working: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether there is one.').default(true),
      directory: field(z.string(), 'Folder below the workspace.').default('memory'),
      retention_days: field(z.int().positive(), 'Days that are kept.').default(30),
      auto_write: field(z.boolean(), 'Whether each agent adds to it by itself.').default(true),
    }),
    'Log of each day.',
  ).optional(),
  episodic: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether earlier runs can be read.').default(true),
      max_entries: field(z.int().positive(), 'Runs that are kept.').default(100),
    }),
    'Earlier runs.',
  ).optional(),
  semantic: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether there is one.').default(false),
      index_path: field(z.string(), 'Place of the index.').optional(),
      embedding_model: field(z.string(), 'Model that makes the vectors.').optional(),
      similarity_metric: field(z.string(), 'Such as `cosine`.').optional(),
      backend: field(z.enum(['chromadb', 'pinecone', 'qdrant']), 'Vector index.').default(
        'chromadb',
      ),
      collection: field(z.string(), 'Collection in the index.').optional(),
      config: field(anyMap, 'Settings of the index.').default({}),
    }),
    'Search by meaning.',
  ).optional(),
});

/** `memory` of the workflow: what is kept from run to run (surfaces 7.5, capabilities 7.3). */
export const memorySchema = z.strictObject({
  enabled: field(z.boolean(), 'Whether there is memory at all.').default(true),
  workspace_dir: field(z.string(), 'Folder of the files.').default('workspace'),
  search_enabled: field(z.boolean(), 'Whether agents can search it.').default(true),
  tiers: field(tiers, 'The four tiers.').optional(),
  curation: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether facts are picked from the log of the days.').default(
        false,
      ),
      schedule: field(z.enum(['after_run', 'daily', 'weekly']), 'When.').default('after_run'),
      days: field(z.int().positive(), 'Days that are looked at.').default(7),
    }),
    'Picking facts from the log.',
  ).optional(),
  access_control: field(
    z.record(z.string(), z.record(z.string(), z.enum(['none', 'read', 'read_write']))),
    'Rights by agent and tier.',
  ).optional(),
});

/** `memory` of an agent: what it has of the workflow's (capabilities 7.3). */
export const agentMemorySchema = z.strictObject({
  enabled: field(z.boolean(), 'Whether the agent has memory.').default(true),
  long_term_inject: field(z.boolean(), 'Whether it sees the curated facts.').default(true),
  long_term_max_tokens: field(z.int().positive(), 'Most tokens of them.').default(2000),
  daily_log_enabled: field(z.boolean(), 'Whether it sees the log of the day.').default(true),
  daily_log_auto_write: field(z.boolean(), 'Whether its results are logged.').default(true),
  search_enabled: field(z.boolean(), 'Whether it can search.').default(true),
  tiers: field(texts, 'Tiers that it has; none is all.').default([]),
});
