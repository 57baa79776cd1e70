import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkCertificate } from '../../src/doctor/files.js';

/** For music.example and 192.168.1.5; from now on for 365 days. */
function made(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'tutti-certificate-'));
  const [cert, key] = [join(folder, 'c.pem'), join(folder, 'k.pem')];
  const words =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=tutti -addext';
  const names = 'subjectAltName=DNS:music.example,IP:192.168.1.5';
  execFileSync('openssl', [...words.split(' '), names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

const { cert: CERT, key: KEY } = made();
const OTHER_KEY = made().key;
const FROM_MS = Date.now();
const DAY_MS = 86_400_000;
const FILES = { cert: '/c.pem', key: '/k.pem', names: ['music.example'] };

const reading =
  (key: string, cert = CERT) =>
  (path: string): Promise<string | undefined> =>
    Promise.resolve(path === '/c.pem' ? cert : key);

describe('the doctor on the certificate', () => {
  it('is content with a valid one, and with none', async () => {
    expect(await checkCertificate(reading(KEY), FILES, FROM_MS + DAY_MS)).toMatchObject({ severity: 'ok' });
    const address = { ...FILES, names: ['192.168.1.5'] };
    expect(await checkCertificate(reading(KEY), address, FROM_MS + DAY_MS)).toMatchObject({ severity: 'ok' });
    expect(await checkCertificate(reading(KEY), undefined, FROM_MS)).toMatchObject({ severity: 'ok' });
  });

  it.each([
    ['ends soon', KEY, FROM_MS + 355 * DAY_MS, 'warning', 'ends in'],
    ['has ended', KEY, FROM_MS + 370 * DAY_MS, 'problem', 'ended on'],
    ['is not valid yet', KEY, FROM_MS - 9 * DAY_MS, 'problem', 'valid only from'],
    ['has another key', OTHER_KEY, FROM_MS + DAY_MS, 'problem', 'not that of the certificate'],
    ['has no key that is one', 'key', FROM_MS + DAY_MS, 'problem', 'no certificate with its key'],
  ] as const)('notices that it %s', async (_what, key, now, severity, found) => {
    expect(await checkCertificate(reading(key), FILES, now)).toMatchObject({
      severity,
      found: expect.stringContaining(found),
    });
  });

  it('notices that it is for other names, and that a file cannot be read', async () => {
    const other = { ...FILES, names: ['tutti.local'] };
    expect(await checkCertificate(reading(KEY), other, FROM_MS + DAY_MS)).toMatchObject({
      severity: 'warning',
    });
    expect(await checkCertificate(() => Promise.resolve(undefined), FILES, FROM_MS)).toMatchObject({
      severity: 'problem',
      fix: 'ls -l /c.pem',
    });
  });
});
