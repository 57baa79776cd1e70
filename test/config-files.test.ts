import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingJudges } from '../src/app/index.js';
import { defaultText, exampleText, loadSettings, SPECS } from '../src/config/index.js';
import { packageRoot } from '../src/package-root.js';

const DEFAULT = join(packageRoot, 'config', 'default.yaml');
const EXAMPLE = join(packageRoot, 'config', 'example.yaml');
const home = mkdtempSync(join(tmpdir(), 'tutti-config-files-'));

const loaded = (file: string) =>
  loadSettings({ env: { TUTTI_DATA_DIR: home }, home, file, judges: settingJudges() });

describe('the files in config/', () => {
  it('are as the schema makes them (npm run config)', () => {
    expect(readFileSync(DEFAULT, 'utf8')).toBe(defaultText());
    expect(readFileSync(EXAMPLE, 'utf8')).toBe(exampleText());
  });

  it('say of every setting what it is for, when it counts and its variable', () => {
    for (const text of [defaultText(), exampleText()])
      for (const { key, variable } of SPECS) {
        expect(text).toMatch(new RegExp(`^#?${key}:`, 'm'));
        expect(text.replaceAll(/\n# /g, ' ')).toMatch(
          new RegExp(`Counts (at once|from the next start)\\. Environment: ${variable}\\b`),
        );
      }
  });

  it('describe every setting', () => {
    expect(SPECS.filter(({ description }) => description.length < 8)).toEqual([]);
  });

  it('default.yaml changes nothing', () => {
    const none = loadSettings({ env: { TUTTI_DATA_DIR: home }, home });
    expect(loaded(DEFAULT).config).toEqual(none.config);
  });

  it('example.yaml has only what can be, before and after its # are taken away', () => {
    expect(loaded(EXAMPLE).notes).toEqual([]);
    const all = join(home, 'all.yaml');
    writeFileSync(all, exampleText().replaceAll(/^#(?! )/gm, ''));
    const { config, origins } = loaded(all);
    expect([...origins].filter(([, { from }]) => from !== 'file').map(([key]) => key)).toEqual(['data_dir']);
    expect(config.players.map(({ kind }) => kind)).toEqual([
      'mpd',
      'chromecast',
      'snapserver',
      'snapcast',
      'local',
    ]);
  });
});
