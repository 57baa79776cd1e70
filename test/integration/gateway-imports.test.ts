import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.js';

/** Every module of ours that is loaded with another one, and the packages they name. Types are gone in what was built. */
function loaded(entry: string): { readonly modules: string[]; readonly packages: string[] } {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (modules.has(path)) return;
    modules.add(path);
    for (const { fileName } of ts.preProcessFile(readFileSync(path, 'utf8'), true, true).importedFiles)
      if (fileName.startsWith('.')) visit(resolve(dirname(path), fileName));
      else packages.add(fileName);
  };
  visit(entry);
  return { modules: [...modules], packages: [...packages] };
}

describe('a gateway', () => {
  it('loads no driver, no library, no rooms and no SQLite', () => {
    const dist = join(packageRoot, 'dist');
    if (!existsSync(dist)) throw new Error('dist is not built; run: npm run build');
    const { modules, packages } = loaded(join(dist, 'src', 'cli', 'gateway.js'));
    const folders = new Set(
      modules.map((path) =>
        path
          .slice(dist.length + 1)
          .split('/')
          .slice(0, 2)
          .join('/'),
      ),
    );
    for (const folder of ['src/library', 'src/rooms', 'src/players', 'src/storage', 'src/jobs'])
      expect([...folders]).not.toContain(folder);
    expect([...folders].filter((folder) => folder.startsWith('drivers'))).toEqual([]);
    expect(packages).not.toContain('@photostructure/sqlite');
    expect(packages).not.toContain('music-metadata');
    expect(packages).toContain('ioredis');
  });
});
