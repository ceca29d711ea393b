/** Names of the protocol's own tools and of ours (capabilities 1.5, issue texts); R11 keeps them. */
export const BUILTIN_TOOLS: readonly string[] = [
  ...['web.search', 'http.request', 'file.read', 'file.write', 'file.list', 'file.delete'],
  ...['shell.execute', 'terminal.execute', 'code.execute', 'pip.install', 'repo.fact'],
  ...['arithmetic.add', 'arithmetic.subtract', 'arithmetic.multiply', 'arithmetic.divide'],
  ...['memory.read', 'memory.write', 'memory.search', 'memory.curate'],
  ...['agent.send_message', 'agent.list_messages', 'board.post', 'board.read'],
  ...[
    'digest.read',
    'digest.fetch',
    'data.query',
    'chart.render',
    'tools.create',
    'tools.list',
    'tools.remove',
  ],
];
