import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');

/** Folder -> the folders it may import besides itself; the table of ARCHITECTURE.md. Everything in src may use protocol and base. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/protocol': [],
  'src/base': ['src/protocol'],
  'src/sync': ['src/protocol'],
  'src/storage': [],
  'src/net': [],
  'src/config': [],
  'src/settings': ['src/config'],
  'src/state': ['src/storage'],
  'src/players': ['src/state', 'src/sync'],
  'src/rooms': ['src/players', 'src/state', 'src/sync', 'src/library', 'src/bus'],
  'src/library': ['src/net', 'src/state', 'src/storage'],
  'src/client': ['src/sync'],
  'src/people': ['src/storage'],
  'src/jobs': ['src/state', 'src/storage'],
  'src/backup': ['src/jobs', 'src/storage'],
  'src/activity': ['src/state', 'src/storage'],
  'src/pipeline': ['src/jobs', 'src/library', 'src/net', 'src/people', 'src/state', 'src/storage'],
  'src/bus': ['src/people', 'src/state'],
  'src/mpd-door': ['src/people', 'src/state'],
  'src/hardware': ['src/state', 'src/storage'],
  'src/alarms': ['src/state', 'src/storage'],
  'src/server': [
    'src/bus',
    'src/jobs',
    'src/people',
    'src/players',
    'src/state',
    'src/sync',
    'src/rooms',
    'src/library',
    'src/storage',
    'src/config',
  ],
  'src/satellite': ['src/client', 'src/players', 'src/sync'],
  'src/doctor': ['src/bus', 'src/config', 'src/storage'],
  'src/cli': [
    'src/backup',
    'src/doctor',
    'src/client',
    'src/bus',
    'src/config',
    'src/jobs',
    'src/pipeline',
    'src/people',
    'src/players',
    'src/satellite',
    'src/server',
    'src/settings',
    'src/storage',
    'src/app',
    'src/package-root.ts',
  ],
  'src/main.ts': ['src/cli'],
  'src/app': [
    'src/doctor',
    'src/activity',
    'src/alarms',
    'src/backup',
    'src/bus',
    'src/config',
    'src/hardware',
    'src/jobs',
    'src/library',
    'src/mpd-door',
    'src/net',
    'src/people',
    'src/pipeline',
    'src/players',
    'src/rooms',
    'src/satellite',
    'src/server',
    'src/settings',
    'src/state',
    'src/storage',
    'src/package-root.ts',
    'drivers',
  ],
  'src/package-root.ts': [],
  'drivers/*': ['src/players', 'src/sync'],
  drivers: ['src/players', 'drivers/*'],
  web: ['src/protocol', 'src/sync', 'src/client'],
};
const EVERYWHERE_IN_SRC = ['src/protocol', 'src/base'];
/** A folder's inside is its own: others take its index. web may take single files of the pure folders, to stay small. */
const INDEX = /\/index\.[jt]s$/;
const FORBIDDEN_NAMES = /zone|device|adapter|manager|helper|util|(^|[-/])data([-.]|$)|(^|[-/])info([-.]|$)/;

type Graph = ReadonlyMap<string, readonly string[]>;

function files(dir: string): string[] {
  return readdirSync(join(root, dir)).flatMap((name) => {
    const path = `${dir}/${name}`;
    if (statSync(join(root, path)).isDirectory())
      return name === 'node_modules' || name === 'dist' ? [] : files(path);
    return /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !name.endsWith('.d.ts') ? [path] : [];
  });
}

function graphOf(paths: readonly string[]): Graph {
  return new Map(
    paths.map((path) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(root, path), 'utf8'), true, true);
      const local = importedFiles.filter(({ fileName }) => fileName.startsWith('.'));
      return [path, local.map(({ fileName }) => target(path, fileName))];
    }),
  );
}

function target(from: string, specifier: string): string {
  const path = relative(root, resolve(root, dirname(from), specifier));
  for (const [js, source] of [
    ['.js', '.ts'],
    ['.js', '.tsx'],
    ['.jsx', '.tsx'],
  ] as const) {
    const candidate = path.endsWith(js) ? path.slice(0, -js.length) + source : path;
    if (statSync(join(root, candidate), { throwIfNoEntry: false })) return candidate;
  }
  return path;
}

/** `src/rooms/follow.ts` -> `src/rooms`; `drivers/mpd/link.ts` -> `drivers/mpd`; files of src itself stand for themselves. */
function folder(path: string): string {
  const parts = path.split('/');
  if (parts[0] === 'src') return parts.length === 2 ? path : `src/${parts[1]}`;
  if (parts[0] === 'drivers') return parts.length === 2 ? 'drivers' : `drivers/${parts[1]}`;
  return parts[0] ?? '';
}

const family = (name: string): string => (name.startsWith('drivers/') ? 'drivers/*' : name);

function violations(graph: Graph): string[] {
  const found: string[] = [];
  for (const [path, targets] of graph) {
    const from = folder(path);
    const allowed = [
      ...(MAY_IMPORT[family(from)] ?? []),
      ...(from === 'web' || from === 'src/protocol' ? [] : EVERYWHERE_IN_SRC),
    ];
    if (from === 'src/sync') allowed.splice(allowed.indexOf('src/base'), 1);
    if (!Object.hasOwn(MAY_IMPORT, family(from))) found.push(`${path}: ${from} is not in the table`);
    for (const to of targets) {
      const into = folder(to);
      if (into === from) continue;
      if (!allowed.includes(into) && !(into.startsWith('drivers/') && allowed.includes('drivers/*')))
        found.push(`${path} imports ${to}`);
      else if (!INDEX.test(to) && into !== to && from !== 'web') found.push(`${path} reaches into ${to}`);
    }
  }
  return found;
}

function cycles(graph: Graph): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    state.set(path, 'open');
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

const paths = [...files('src'), ...files('drivers'), ...files('web')];
const graph = graphOf(paths);

describe('the architecture', () => {
  it('imports point one way, and only at an index', () => {
    expect(graph.size).toBeGreaterThan(80);
    expect(violations(graph)).toEqual([]);
  });

  it('has no import cycle, not even of types', () => {
    expect(cycles(graph)).toEqual([]);
  });

  it('uses no name that says nothing', () => {
    expect(paths.filter((path) => FORBIDDEN_NAMES.test(path))).toEqual([]);
  });

  it.each([
    ['src/protocol/track.ts', 'src/base/index.ts'],
    ['src/state/store.ts', 'src/rooms/index.ts'],
    ['drivers/mpd/link.ts', 'drivers/local/index.ts'],
    ['drivers/mpd/link.ts', 'src/rooms/index.ts'],
    ['src/server/index.ts', 'drivers/index.ts'],
    ['src/rooms/follow.ts', 'src/players/supervisor.ts'],
    ['web/main.tsx', 'src/base/index.ts'],
  ])('would catch %s importing %s', (from, to) => {
    expect(violations(new Map([[from, [to]]]))).toHaveLength(1);
  });

  it('would catch a cycle', () => {
    expect(
      cycles(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['a']],
        ]),
      ),
    ).toEqual(['a -> b -> c -> a']);
  });

  it('every relative import names a file that exists', () => {
    const known = new Set(paths);
    const lost = [...graph].flatMap(([path, targets]) =>
      targets.filter((to) => !known.has(to) && /\.(ts|tsx|js)$/.test(to)).map((to) => `${path} -> ${to}`),
    );
    expect(lost).toEqual([]);
  });
});
