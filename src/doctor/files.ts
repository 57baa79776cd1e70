import { X509Certificate, createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import { toError } from '../base/index.js';
import { ok, problem, warning, type Finding } from './finding.js';

export interface Folder {
  /** Undefined: there is none yet. */
  readonly owner: string | undefined;
  readonly mode: number;
  readonly writable: boolean;
  readonly readable: boolean;
}

export interface FolderProbes {
  readonly user: string;
  look(path: string): Promise<Folder>;
  /** Whether a folder could be made at this path. */
  mayMake(path: string): Promise<boolean>;
}

/** The data folder has passwords (hashed) and keys of people: it belongs to the user of the server, and to nobody else. */
export async function checkDataDir(probes: FolderProbes, path: string): Promise<Finding> {
  const { user } = probes;
  const { owner, mode, writable } = await probes.look(path);
  if (owner === undefined) {
    if (await probes.mayMake(path)) return ok(`${path} will be made`);
    return problem(`${user} may not make ${path}`, `sudo install -d -o ${user} -m 700 ${quoted(path)}`);
  }
  if (user === 'root' && owner !== 'root')
    return warning(`${path} belongs to ${owner}, and root asks`, `sudo -u ${owner} tutti doctor`);
  if (!writable) return problem(`${user} may not write to ${path}`, `sudo chown -R ${user}: ${quoted(path)}`);
  if ((mode & 0o022) !== 0) return problem(`everybody may write to ${path}`, `chmod 700 ${quoted(path)}`);
  return ok(`${path} belongs to ${owner}`);
}

export interface MusicProbes extends FolderProbes {
  /** How many of its entries can be read, and how many cannot; looked at are the first few hundred. */
  sample(path: string): Promise<{ readonly readable: number; readonly shut: number }>;
}

export async function checkMusic(probes: MusicProbes, path: string | undefined): Promise<Finding> {
  if (path === undefined)
    return warning('no music folder: demo tracks play', 'TUTTI_MUSIC_DIR=/path/to/music tutti serve');
  const { user } = probes;
  const { owner, readable } = await probes.look(path);
  if (owner === undefined)
    return problem(`${path} is not there; is a disk not mounted?`, `sudo mount -a && ls ${quoted(path)}`);
  const open = `sudo setfacl -R -m u:${user}:rX ${quoted(path)}`;
  if (!readable) return problem(`${user} may not read ${path}`, open);
  const entries = await probes.sample(path);
  if (entries.shut > 0) return warning(`${user} may not read ${entries.shut} things in ${path}`, open);
  if (entries.readable === 0) return warning(`${path} is empty`, `sudo mount -a && ls ${quoted(path)}`);
  return ok(`${path} can be read`);
}

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  /** Names this server is reached by; one of them must be in the certificate. */
  readonly names: readonly string[];
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

export async function checkCertificate(
  read: (path: string) => Promise<string | undefined>,
  files: CertificateFiles | undefined,
  nowMs: number,
): Promise<Finding> {
  if (!files) return ok('none, http only');
  const [cert, key] = await Promise.all([read(files.cert), read(files.key)]);
  for (const [text, path] of [
    [cert, files.cert],
    [key, files.key],
  ] as const)
    if (text === undefined) return problem(`${path} cannot be read`, `ls -l ${quoted(path)}`);
  const renew = `sudo certbot renew   or   openssl x509 -noout -dates -in ${quoted(files.cert)}`;
  try {
    const parsed = new X509Certificate(cert ?? '');
    if (!parsed.checkPrivateKey(createPrivateKey(key ?? '')))
      return problem(
        'the key is not that of the certificate',
        `openssl x509 -noout -pubkey -in ${quoted(files.cert)}`,
      );
    const days = Math.floor((Date.parse(parsed.validTo) - nowMs) / DAY_MS);
    if (Date.parse(parsed.validFrom) > nowMs)
      return problem(`is valid only from ${parsed.validFrom} on`, renew);
    if (days < 0) return problem(`ended on ${parsed.validTo}`, renew);
    const { names } = files;
    if (names.length > 0 && !names.some((name) => isFor(parsed, name)))
      return warning(
        `is for none of ${names.join(', ')}`,
        `openssl x509 -noout -text -in ${quoted(files.cert)}`,
      );
    return days < SOON_DAYS ? warning(`ends in ${days} days`, renew) : ok(`valid for ${days} days`);
  } catch (thrown) {
    return problem(`is no certificate with its key: ${toError(thrown).message}`, renew);
  }
}

function isFor(certificate: X509Certificate, name: string): boolean {
  const found = isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name);
  return found !== undefined;
}

function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
