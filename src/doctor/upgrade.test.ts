import { describe, expect, it } from 'vitest';
import { checkUpgrade, ROLLED_BACK } from './upgrade.js';

const HEAD = 'version: 1.2.0\nrunning: 1.1.0\nat: 2026-11-21T02:10:00Z';
const at = (text: string | undefined) => (path: string) =>
  Promise.resolve(path === ROLLED_BACK ? text : undefined);

describe('the doctor on the last upgrade', () => {
  it('is content where none was taken back', async () => {
    expect((await checkUpgrade(at(undefined))).severity).toBe('ok');
  });

  it('says which version did not start, why, what runs, and what to do', async () => {
    const said = 'starting\ntutti: The database cannot be read\n';
    const finding = await checkUpgrade(at(`${HEAD}\nwhy: ended\n\n${said}`));
    expect(finding).toMatchObject({
      severity: 'warning',
      found:
        '1.2.0 was taken back on 2026-11-21: it ended while it started (“The database cannot be read”). 1.1.0 runs on, on its database as it was before',
      fix: expect.stringContaining('sudo apt-get install ./tutti_NEWER_all.deb'),
    });
    expect(finding.figures).toContainEqual({ name: 'did not start', value: '1.2.0' });
  });

  it('gives longer to one that was only late', async () => {
    expect(await checkUpgrade(at(`${HEAD}\nwhy: late\n\n`))).toMatchObject({
      found: expect.stringContaining('was not ready in time. 1.1.0 runs on'),
      fix: expect.stringContaining(
        'TUTTI_START_SECONDS=900 apt-get install --reinstall ./tutti_1.2.0_all.deb',
      ),
    });
  });

  it.each([
    ['the last word of the program', 'tutti: no room\nError: other', 'no room'],
    [
      'the error of a stack',
      'file:///x.js:3\nthrow it\n\nTypeError: broken\n    at x\n\nNode.js v20.19.2',
      'TypeError: broken',
    ],
    [
      'the error of a log',
      '{"level":30,"msg":"hello"}\n{"level":60,"msg":"fell","err":{"message":"no disk"}}',
      'Error: no disk',
    ],
    ['whatever came last', 'one\ntwo\n    at three', 'two'],
    ['nothing that moves a terminal', 'a\u001b[2Jb', 'a [2Jb'],
    ['a part of what is endless', 'x'.repeat(9_000), `${'x'.repeat(200)}…`],
  ])('quotes %s', async (_what, said, quoted) => {
    const { found } = await checkUpgrade(at(`${HEAD}\nwhy: ended\n\n${said}\n`));
    expect(found).toContain(`(“${quoted}”)`);
  });

  it.each([
    '',
    'torn',
    `${HEAD}\nwhy: bad luck\n\n`,
    `${HEAD.replace('1.2.0', '$(reboot)')}\nwhy: ended\n\n`,
  ])('says so when the note is not one (%#)', async (text) => {
    expect(await checkUpgrade(at(text))).toMatchObject({ severity: 'warning', fix: `cat ${ROLLED_BACK}` });
  });
});
