import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { leanZod } from './lean-zod.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Scripts of their own, at addresses that do not change: the service worker, and the console of /docs. */
const APART = ['sw.js', 'docs.js'];

/** Fills in what the service worker has to keep: every file of the build, and a name for this build. */
function serviceWorkerShell(): Plugin {
  return {
    name: 'service-worker-shell',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle['sw.js'];
      if (worker?.type !== 'chunk') throw new Error('the build has no sw.js');
      const files = Object.keys(bundle).filter((file) => !APART.includes(file) && !file.endsWith('.html'));
      const shell = ['./', ...files, 'manifest.webmanifest', 'icons/icon.svg', 'icons/icon-192.png'];
      const build = createHash('sha256').update(shell.join()).digest('hex').slice(0, 12);
      worker.code = worker.code.replaceAll('__SHELL__', shell.join(' ')).replaceAll('__BUILD__', build);
    },
  };
}

/**
 * Every zod schema can write itself as JSON Schema, which the server needs and the page never asks for: without this the first load
 * would carry 7 kB of it. Names stay, bodies go.
 */
function withoutJsonSchema(): Plugin {
  return {
    name: 'without-json-schema',
    apply: 'build',
    transform: {
      filter: {
        id: /zod\/v4\/core\/(to-json-schema|json-schema-processors)\.js$/,
      },
      handler(code) {
        const declared = [...code.matchAll(/^export (?:const|function) (\w+)/gm)].map((match) => match[1]);
        const renamed = [...code.matchAll(/^export \{ \w+ as (\w+) \}/gm)].map((match) => match[1]);
        const absent = `const absent = () => { throw new Error('no JSON Schema in the page'); };`;
        return [absent, ...[...declared, ...renamed].map((name) => `export { absent as ${name} };`)].join(
          '\n',
        );
      },
    },
  };
}

/** With what a command is asked for, who may, and what it does in words: the server minds that, and nobody asks the page. */
const OF_THE_SERVER = ['request', 'access', 'summary', 'cost'];

/** Takes these fields out of the tables of commands. */
function withoutServerFields(): Plugin {
  return {
    name: 'without-server-fields',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: /src\/protocol\/(?:pipeline\/)?[a-z-]+-commands\.ts$/ },
      handler(code, id) {
        // A page is no satellite.
        if (id.endsWith('satellite-commands.ts')) return 'export const satelliteCommands = {};';
        const fields = commandFields(this.parse(code, { lang: 'ts' })).filter(({ name }) =>
          OF_THE_SERVER.includes(name),
        );
        if (fields.length === 0) throw new Error('a table of commands that asks for nothing');
        return fields.reduceRight(
          (text, { start, end }) => text.slice(0, start) + text.slice(end).replace(/^\s*,/, ''),
          code,
        );
      },
    },
  };
}

/** The page is served with `default-src 'self'`: no code may be compiled at run time. Schemas look at this when they are made. */
function withoutCompiledSchemas(): Plugin {
  return {
    name: 'without-compiled-schemas',
    apply: 'build',
    transform: {
      filter: { id: /zod\/v4\/core\/core\.js$/ },
      handler: (code) => `${code}\nglobalConfig.jitless = true;\n`,
    },
  };
}

/** The page explains errors in words of its own; what their codes mean is for those who write programs. */
function withoutMeanings(): Plugin {
  return {
    name: 'without-meanings',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: /src\/protocol\/errors\.ts$/ },
      handler(code) {
        const short = code.replace(/meaning:\s*'(?:[^'\\]|\\.)*'/g, "meaning: ''");
        if (short === code) throw new Error('a table of errors without meanings');
        return short;
      },
    },
  };
}

/** In the page zod says whether something is right, never in words what is wrong. */
function withoutZodWords(): Plugin {
  return {
    name: 'without-zod-words',
    apply: 'build',
    transform: {
      filter: { id: /zod\/v4\/locales\/en\.js$/ },
      handler: () => `export default () => ({ localeError: () => 'not valid' });`,
    },
  };
}

interface Field {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The fields of every object that has the name of a command, such as `'room:play': {…}`, in their order. */
function commandFields(program: object): Field[] {
  const inside = (node: unknown): Field[] => {
    if (typeof node !== 'object' || node === null) return [];
    const command = isField(node) && String(node.key.value).includes(':') ? node.value.properties : undefined;
    if (!command) return Object.values(node).flatMap(inside);
    return command.filter(isField).map(({ key, start, end }) => ({ name: key.name ?? '', start, end }));
  };
  return inside(program);
}

interface FieldNode {
  readonly key: { readonly name?: string; readonly value?: unknown };
  readonly value: { readonly properties?: readonly object[] };
  readonly start: number;
  readonly end: number;
}

function isField(node: object): node is FieldNode {
  return 'type' in node && node.type === 'Property';
}

export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [
    leanZod(),
    withoutJsonSchema(),
    withoutServerFields(),
    withoutMeanings(),
    withoutZodWords(),
    withoutCompiledSchemas(),
    serviceWorkerShell(),
  ],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    // Nothing inline: the page is served with `default-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // A file of the protocol only says what is what: one of which nothing is used is left out.
      treeshake: { moduleSideEffects: (id) => !/\/src\/protocol\//.test(id) },
      input: {
        page: here('index.html'),
        sw: here('sw/service-worker.ts'),
        docs: here('docs/console.ts'),
      },
      output: {
        entryFileNames: ({ name }) =>
          APART.includes(`${name}.js`) ? '[name].js' : 'assets/[name]-[hash].js',
      },
    },
  },
  server: {
    proxy: {
      '/ws': { target: 'ws://127.0.0.1:8080', ws: true },
      '/artwork': 'http://127.0.0.1:8080',
    },
  },
});
