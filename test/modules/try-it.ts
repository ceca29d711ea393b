import { workflowOf, openTools, callTool, contextOf, POLICY } from './make-tools.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
console.log('policy', POLICY.minimum);
const box = await openSandbox(nodeEffects())(POLICY);
console.log(box.name, box.languages.map((l) => l.language));
using flow = workflowOf({
  'mcp/shop.py': `from awp.tools import tool\n@tool("shop.price")\ndef price(id: str, n: int = 2) -> dict:\n    return {"id": id, "n": n}\n` });
await using tools = await openTools(flow, { openSandbox: async () => ({ ...box, run: (...job) => box.run(...job), close: async () => {} }) });
console.log('opened');
const c = contextOf(); c.workspace.inputs = '/tmp/empty-in';
for (let i = 0; i < 3; i++) { const t = performance.now();
console.log(await callTool(tools.get('shop.price'), { id: 'tea' }, c), performance.now() - t);}
await box.close();
console.log('closed');
