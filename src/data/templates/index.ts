import { delegation } from './delegation.ts';
import { enterprise } from './enterprise.ts';
import { hello } from './hello.ts';
import { pipeline } from './pipeline.ts';
import type { Template } from './template.ts';
import { tools } from './tools.ts';

/** THE list of templates, the one that runs today first. */
export const templates: readonly Template[] = [delegation, hello, pipeline, tools, enterprise];
