import type { ListedModel, ModelList } from '../../data/model-list.ts';
import type { Capabilities, Price } from '../../ports/model-provider.ts';
import type { Command } from '../command.ts';
import { drawLine, type Span } from '../line.ts';
import type { Style } from '../style.ts';
import { oneLine, pad, widthOf } from '../text.ts';

/** Width of the table when the output is not a terminal. */
const PLAIN_COLUMNS = 160;

/** `awp models list`, or `awp models`: the ways to models, and the models behind those that are configured. */
export const modelsCommand: Command = {
  name: 'models list',
  summary: 'List the ways to models, and the models that can be named now',
  usage: '[options]',
  examples: ['awp models', 'awp models list --json'],
  options: [{ name: 'json', group: 'OUTPUT', help: 'a JSON object on standard output' }],
  maxPositionals: 0,

  async run(args, shell) {
    const { listModels } = await import('../../data/model-list.ts');
    const list = await listModels(await shell.effects());
    if (args.has('json')) {
      shell.out.write(`${JSON.stringify(listJson(list), undefined, 2)}\n`);
      return 0;
    }
    const style = shell.style(shell.out, args.has('no-color'));
    const columns = shell.out.terminal ? shell.out.size().columns : PLAIN_COLUMNS;
    shell.out.write(
      `${[...routeLines(list, style), ...tables(list, columns, style)].join('\n')}\n`,
    );
    if (!list.routes.some(({ ready }) => ready)) {
      shell.err.write('No model can be asked: set a key, start Ollama, or try -m demo.\n');
    }
    return 0;
  },
};

function routeLines({ routes }: ModelList, style: Style): string[] {
  const lacking = routes.filter((route) => !route.ready && route.words === 'no key');
  const shown = routes.filter((route) => !lacking.includes(route));
  const lines = shown.map(({ name, ready, words, fix }) => {
    const mark = ready
      ? style.paint('ok', style.symbols.ok)
      : style.paint('dim', style.symbols.waiting);
    const help = !ready && fix !== undefined ? style.paint('dim', ` (${oneLine(fix)})`) : '';
    return `  ${mark} ${oneLine(name)}: ${oneLine(words)}${help}`;
  });
  const without = lacking.map(({ name, fix }) => `${name} (${fix?.replace(/^set /, '') ?? ''})`);
  return [
    style.paint('strong', 'ROUTES'),
    ...lines,
    `  ${style.paint('ok', style.symbols.ok)} demo: needs no service; rule-based, not an AI`,
    ...(without.length > 0
      ? [style.paint('dim', `  ${style.symbols.waiting} without a key: ${without.join(', ')}`)]
      : []),
  ];
}

function tables({ models }: ModelList, columns: number, style: Style): string[] {
  const services = [...new Set(models.map(({ service }) => service))];
  return services.flatMap((service) => {
    const own = models.filter((model) => model.service === service);
    const head = style.paint('strong', oneLine(service.toUpperCase()));
    return ['', head, ...modelLines(own, columns, style)];
  });
}

function modelLines(models: readonly ListedModel[], columns: number, style: Style): string[] {
  const rows = models.map((model) => [
    oneLine(model.name),
    sizeText(model),
    skillsText(model.capabilities),
    priceText(model.price),
  ]);
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  return rows.map(([name = '', size = '', skills = '', price = '']) => {
    const [wide = 0, sizes = 0, most = 0] = widths;
    const spans: Span[] = [
      `  ${pad(name, wide)}  ${pad(size, sizes)}  `,
      ['dim', `${pad(skills, most)}  ${price}`],
    ];
    return drawLine(spans, columns - 1, style);
  });
}

function sizeText({ local, capabilities: { contextTokens } }: ListedModel): string {
  const { bytes = null, parameters = null, quantization = null } = local ?? {};
  return [
    contextTokens === null ? '' : `${Math.round(contextTokens / 1000)}k context`,
    bytes === null ? '' : `${(bytes / 1e9).toFixed(1)} GB`,
    oneLine([parameters, quantization].filter((part) => part !== null).join(' ')),
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function skillsText({ tools, structuredOutput, vision, reasoning }: Capabilities): string {
  const named = [
    ['tools', tools],
    ['JSON', structuredOutput],
    ['images', vision],
    ['reasoning', reasoning],
  ] as const;
  const can = named.filter(([, has]) => has === true).map(([word]) => word);
  const cannot = named.filter(([, has]) => has === false).map(([word]) => `no ${word}`);
  return [...can, ...cannot].join(', ');
}

/** Prices change: the day on which somebody looked stands beside them. */
function priceText(price: Price | undefined): string {
  if (!price) return 'price not known';
  const { input, output, cachedInput, asOf } = price;
  if (input === 0 && output === 0) return 'free';
  const cached = cachedInput === undefined ? '' : ` ($${cachedInput} cached)`;
  const when = asOf === undefined ? '' : ` (${asOf})`;
  return `$${input} in${cached}, $${output} out per million tokens${when}`;
}

function listJson({ routes, models }: ModelList): object {
  return {
    routes: routes.map(({ fix, ...route }) => ({ ...route, fix: fix ?? null })),
    models: models.map(({ price, local, ...model }) => ({
      ...model,
      price: price ?? null,
      local: local ?? null,
    })),
  };
}
