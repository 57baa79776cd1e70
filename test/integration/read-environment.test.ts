import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../systemd/libexec/read-environment');
/** Reads files of the same form with the reader of systemd itself. */
const SYSTEMD = '/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator';

/** What stands in the file, and what a unit then has in its environment. */
const LINES: readonly (readonly [written: string, value: string | undefined])[] = [
  ['TUTTI_X=/mnt/disk/tutti', '/mnt/disk/tutti'],
  ['  TUTTI_X=/mnt/disk', '/mnt/disk'],
  ['TUTTI_X=/mnt/disk  ', '/mnt/disk'],
  ['TUTTI_X\t = \t/mnt/disk\t', '/mnt/disk'],
  ['TUTTI_X=/mnt/disk\r', '/mnt/disk'],
  ['TUTTI_X="/mnt/a disk"  ', '/mnt/a disk'],
  ["TUTTI_X=' a '", ' a '],
  ["TUTTI_X='it''s'", 'its'],
  ["TUTTI_X=it's", "it's"],
  ['TUTTI_X="a\\"b\\\\c\\d"', 'a"b\\c\\d'],
  ['TUTTI_X=a\\b\\\\c', 'ab\\c'],
  ['TUTTI_X=one\\\n two', 'one two'],
  ['TUTTI_X="one\ntwo"', 'one\ntwo'],
  ['TUTTI_X=a#b # c', 'a#b # c'],
  ['TUTTI_X=a=b=c', 'a=b=c'],
  ['TUTTI_X=Küche', 'Küche'],
  ['TUTTI_X=a; touch /tmp/x', 'a; touch /tmp/x'],
  ['#TUTTI_X=1', undefined],
  [' ; TUTTI_X=1', undefined],
  ['export TUTTI_X=1', undefined],
  ['TUTTI_X', undefined],
];

const folder = mkdtempSync(join(tmpdir(), 'tutti-environment-'));
afterAll(() => rmSync(folder, { recursive: true }));

function shellHas(text: string): string | undefined {
  const file = join(folder, 'file');
  writeFileSync(file, text);
  const said = execFileSync(
    '/bin/sh',
    ['-euc', 'eval "$("$0" "$1")"; printf "%s" "${TUTTI_X-unset}${TUTTI_END-}"', PROGRAM, file],
    { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } },
  );
  return said === 'unset' ? undefined : said;
}

describe('the file of variables is read for the command line as systemd reads it for the services', () => {
  it.each(LINES)('%j', (written, value) => {
    expect(shellHas(`# first\n${written}\n`)).toBe(value);
    expect(shellHas(written)).toBe(value);
    expect(shellHas(`${written}\nTUTTI_END=.\n`)).toBe(`${value ?? 'unset'}.`);
  });
  it.skipIf(!existsSync(SYSTEMD))('says systemd', () => {
    mkdirSync(join(folder, '.config/environment.d'), { recursive: true });
    for (const [written, value] of LINES.filter(([text]) => !text.includes('\n') || text.includes('\\\n'))) {
      writeFileSync(join(folder, '.config/environment.d/x.conf'), `${written}\n`);
      const said = execFileSync(SYSTEMD, { encoding: 'utf8', env: { HOME: folder }, stdio: 'pipe' });
      const line = said.split('\n').find((text) => text.startsWith('TUTTI_X='));
      writeFileSync(join(folder, 'said'), `X=${line?.slice('TUTTI_X='.length) ?? ''}\n`);
      const shown = line && execFileSync('/bin/sh', ['-c', `. "${folder}/said"; printf %s "$X"`]).toString();
      expect(shown, written).toBe(value);
    }
  });
});
