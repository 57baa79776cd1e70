import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNSET_STATUS } from '../../src/cli/failure.js';

const ROOT = resolve(import.meta.dirname, '../..');
const UNITS = readdirSync(join(ROOT, 'systemd')).filter((name) => /\.(service|socket)$/.test(name));
const SERVICES = UNITS.filter((name) => name.endsWith('.service'));
const MOST_EXPOSED = 2.5;

let folder = '';

/** The units as they are installed, but with programs that this machine has. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tutti-units-'));
  for (const name of UNITS) {
    const text = readFileSync(join(ROOT, 'systemd', name), 'utf8');
    const here = text
      .replaceAll('/usr/lib/tutti/libexec', join(ROOT, 'systemd/libexec'))
      .replaceAll('/usr/bin/node', process.execPath);
    writeFileSync(join(folder, name), here);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function analyze(...args: string[]): { out: string; err: string; status: number | null } {
  const run = spawnSync('systemd-analyze', args, {
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', SYSTEMD_LOG_LEVEL: 'notice' },
  });
  if (run.error) throw new Error(`systemd-analyze cannot be run (apt install systemd): ${run.error.message}`);
  return { out: run.stdout, err: run.stderr, status: run.status };
}

describe('the units', () => {
  it('are what systemd understands, every word of them', () => {
    const paths = UNITS.map((name) => join(folder, name));
    expect(analyze('verify', '--man=no', ...paths)).toEqual({ out: '', err: '', status: 0 });
  });

  it('would not pass with a word misspelt', () => {
    const bad = join(folder, 'bad');
    mkdirSync(bad);
    const text = readFileSync(join(folder, 'tutti.service'), 'utf8');
    writeFileSync(join(bad, 'tutti.service'), text.replace('RestartSec', 'RestratSec'));
    expect(analyze('verify', '--man=no', join(bad, 'tutti.service')).err).toContain('RestratSec');
  });

  it.each(SERVICES)('%s gives little away', (name) => {
    const { out } = analyze('security', '--offline=true', '--no-pager', join(folder, name));
    const exposure = Number(/exposure level for .*: ([\d.]+) /.exec(out)?.[1]);
    expect(exposure).toBeGreaterThan(0);
    expect(exposure).toBeLessThanOrEqual(MOST_EXPOSED);
  });

  it.each(SERVICES.filter((name) => /main\.js/.test(readFileSync(join(ROOT, 'systemd', name), 'utf8'))))(
    '%s is watched, is started again for ever, and lets V8 live',
    (name) => {
      const text = readFileSync(join(ROOT, 'systemd', name), 'utf8');
      for (const line of [
        'Type=notify',
        'NotifyAccess=all',
        'Restart=always',
        'StartLimitIntervalSec=0',
        `RestartPreventExitStatus=${UNSET_STATUS}`,
        'SystemCallFilter=@system-service @pkey',
        'User=tutti',
      ])
        expect(text.split('\n')).toContain(line);
      expect(text).toMatch(/^WatchdogSec=\d+$/m);
    },
  );

  it('of outputs are bound to no other', () => {
    const text = readFileSync(join(ROOT, 'systemd', 'tutti-output@.service'), 'utf8');
    expect(text).not.toMatch(/^(Requires|BindsTo|PartOf|Requisite|WantedBy)=/m);
  });
});
