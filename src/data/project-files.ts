import { editorSchema } from '../models/editor-schema.ts';

/** Where the schemas for editors are, from the folder of the workflow. */
const SCHEMAS = '.awp/schema';

/** The files of a template with what editors and git need beside them. */
export function projectFiles(
  texts: Readonly<Record<string, string>>,
  git: boolean,
): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [path, text] of Object.entries(texts)) {
    files[path] = path.endsWith('.awp.yaml') ? withSchema(path, text) : text;
  }
  for (const kind of ['workflow', 'agent'] as const) {
    files[`${SCHEMAS}/${kind}.schema.json`] = json(editorSchema(kind));
  }
  files['.awp/.gitignore'] = '*\n!.gitignore\n!schema/\n!schema/*\n';
  files['.env.example'] = ENV;
  if (git) files['.gitignore'] = '.env\nsecrets.yaml\n*.pem\n*.key\nnode_modules/\n';
  files['.vscode/settings.json'] = json(SETTINGS);
  files['.vscode/extensions.json'] = json({ recommendations: ['redhat.vscode-yaml'] });
  files['.vscode/tasks.json'] = json(TASKS);
  return files;
}

/** The line that yaml-language-server reads; the path is relative, so that it works offline. */
function withSchema(path: string, text: string): string {
  const kind = path.endsWith('workflow.awp.yaml') ? 'workflow' : 'agent';
  const up = '../'.repeat(path.split('/').length - 1);
  return `# yaml-language-server: $schema=${up || './'}${SCHEMAS}/${kind}.schema.json\n${text}`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

const ENV = `# Copy this file to .env and fill in what you use. It is never packed or committed.
# LLM_MODEL=openrouter/openai/gpt-5-mini
# OPENROUTER_API_KEY=
`;

const SETTINGS = {
  'yaml.schemas': {
    [`./${SCHEMAS}/workflow.schema.json`]: '**/workflow.awp.yaml',
    [`./${SCHEMAS}/agent.schema.json`]: ['**/agent.awp.yaml', '**/agents/*/agent.yaml'],
  },
  'yaml.schemaStore.enable': false,
};

/** Findings of the rules in the Problems panel, without an extension. */
const TASKS = {
  version: '2.0.0',
  tasks: [
    {
      label: 'awp validate',
      type: 'shell',
      command: 'npx awp-agents validate --watch --format unix',
      isBackground: true,
      presentation: { reveal: 'never' },
      problemMatcher: {
        owner: 'awp',
        fileLocation: ['relative', '$' + '{workspaceFolder}'],
        pattern: {
          regexp: '^(.+):(\\d+):(\\d+): (error|warning|info) (\\S+): (.*)$',
          file: 1,
          line: 2,
          column: 3,
          severity: 4,
          code: 5,
          message: 6,
        },
        background: {
          activeOnStart: true,
          beginsPattern: '^\\s*$',
          endsPattern: '^watching for changes',
        },
      },
    },
  ],
};
