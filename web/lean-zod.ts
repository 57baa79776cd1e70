import type { Plugin } from 'vite';

/** What the page asks of schemas, and what these need of each other. All else that schemas can do is left out of the page. */
const USED = new Set(
  (
    'check clone refine optional nullable array or transform default catch pipe parse safeParse ' +
    'readonly regex min max trim extend pick omit partial'
  ).split(' '),
);

/**
 * A schema of zod can do some hundred things (is this an IBAN, write yourself as JSON Schema, follow circles, compile yourself), each of
 * which holds on to its code: half of the library. The page checks frames, which are small trees. What is taken out here and needed
 * after all is `not a function` as soon as the page starts, which every test of the page sees.
 */
export function leanZod(): Plugin {
  return {
    name: 'lean-zod',
    apply: 'build',
    transform: {
      filter: { id: /zod\/v4\/classic\/schemas\.js$/ },
      handler(code) {
        const cuts = memberTables(this.parse(code)).flatMap(({ properties }) =>
          properties.filter((one) => one.type === 'Property' && !USED.has(one.key.name ?? '')),
        );
        if (cuts.length < 50) throw new Error('zod keeps what schemas can do somewhere else now');
        const text = cuts.reduceRight(
          (rest, { start, end }) => rest.slice(0, start) + rest.slice(end).replace(/^\s*,/, ''),
          code,
        );
        return without(
          without(text, 'core.config({ memoizer: core.memoizer() });', ';'),
          'core.$ZodObjectJIT.init',
          'core.$ZodObject.init',
        );
      },
    },
  };
}

function without(code: string, what: string, instead: string): string {
  if (!code.includes(what)) throw new Error(`zod has no ${what} any more`);
  return code.replaceAll(what, instead);
}

interface Member {
  readonly type: string;
  readonly key: { readonly name?: string };
  readonly start: number;
  readonly end: number;
}
interface Table {
  readonly properties: readonly Member[];
}

/** The last arguments of `core.$constructor(name, init, {…})` and `util.derived(computed, {…})`: methods by name. */
function memberTables(node: unknown): Table[] {
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.values(node).flatMap(memberTables);
  if (!isCall(node) || !['$constructor', 'derived'].includes(node.callee.property?.name ?? '')) return below;
  const last = node.arguments.at(-1);
  return last?.type === 'ObjectExpression' ? [...below, last] : below;
}

interface Call {
  readonly callee: { readonly property?: { readonly name?: string } };
  readonly arguments: readonly (Table & { readonly type: string })[];
}

function isCall(node: object): node is Call {
  return 'type' in node && node.type === 'CallExpression';
}
