import { X509Certificate, createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import { quoted, toError } from '../base/index.js';
import { ok, problem, warning, type Finding } from './finding.js';
import { mountOf } from './storage.js';
import type { Ways } from './ways.js';

export interface Folder {
  /** Undefined: there is none yet. */
  readonly owner: string | undefined;
  readonly mode: number;
  readonly writable: boolean;
  readonly readable: boolean;
  /** The folder on the way there that does not let this user through: nobody knows what is behind it. */
  readonly wall?: string | undefined;
}

export interface FolderProbes {
  readonly user: string;
  look(path: string): Promise<Folder>;
  /** Whether a folder could be made at this path. */
  mayMake(path: string): Promise<boolean>;
  readonly mounts: () => Promise<string>;
}

/** The data folder has passwords (hashed) and keys of people: it belongs to the user of the server, and to nobody else. */
export async function checkDataDir(
  probes: FolderProbes,
  path: string,
  ways: Pick<Ways, 'tutti'>,
): Promise<Finding> {
  const { user } = probes;
  const { owner, mode, writable, wall } = await probes.look(path);
  if (wall !== undefined)
    return problem(
      `${user} may not go through ${wall}, so that ${path} cannot be looked at`,
      `${ways.tutti('doctor')}   as root or as the user of the server; else: sudo setfacl -m u:${user}:x ${quoted(wall)}`,
    );
  if (owner === undefined) {
    if (await probes.mayMake(path)) return ok(`${path} will be made`);
    return problem(`${user} may not make ${path}`, `sudo install -d -o ${user} -m 700 ${quoted(path)}`);
  }
  if (user === 'root' && owner !== 'root')
    return warning(
      `${path} belongs to ${owner}, and root asks`,
      `sudo -u ${owner} ${ways.tutti('doctor').replace(/^sudo /, '')}`,
    );
  if (!writable) {
    const mount = mountOf(await probes.mounts(), path);
    if (mount?.readonly)
      return problem(
        `${path} cannot be written to: ${mount.at} is mounted read-only`,
        `sudo mount -o remount,rw ${quoted(mount.at)}`,
      );
    return problem(`${user} may not write to ${path}`, `sudo chown -R ${user}: ${quoted(path)}`);
  }
  const chmod = `${owner === user ? '' : 'sudo '}chmod 700 ${quoted(path)}`;
  if ((mode & 0o002) !== 0) return problem(`everybody may write to ${path}`, chmod);
  if ((mode & 0o020) !== 0) return problem(`a whole group may write to ${path}`, chmod);
  return ok(`${path} belongs to ${owner}`);
}

export interface MusicProbes extends FolderProbes {
  /** How many of its entries can be read, and how many cannot; looked at are the first few hundred. */
  sample(path: string): Promise<{ readonly readable: number; readonly shut: number }>;
  read(this: void, path: string): Promise<string | undefined>;
}

export async function checkMusic(
  probes: MusicProbes,
  path: string | undefined,
  ways: Pick<Ways, 'set'>,
): Promise<Finding> {
  if (path === undefined)
    return warning('no music folder: demo tracks play', ways.set('music_dir', '/srv/music'));
  const { user } = probes;
  const { owner, readable, wall } = await probes.look(path);
  if (wall !== undefined)
    return problem(
      `${user} may not go through ${wall}, where the music is`,
      `${ACL} sudo setfacl -m u:${user}:x ${quoted(wall)}`,
    );
  if (owner === undefined)
    return problem(
      `${path} is not there; is a disk not mounted, or was it renamed?`,
      `sudo mount -a && ls ${quoted(path)}   or another folder: ${ways.set('music_dir', '/srv/music')}`,
    );
  const mount = mountOf(await probes.mounts(), path);
  const open =
    mount && NO_RIGHTS.test(mount.kind)
      ? `sudo umount ${quoted(mount.at)} && sudo mount -o umask=022 ${quoted(mount.from)} ${quoted(mount.at)}   and the same umask=022 in its line of /etc/fstab`
      : `${ACL} sudo setfacl -R -m u:${user}:rX ${quoted(path)}`;
  if (!readable) return problem(`${user} may not read ${path}`, open);
  const entries = await probes.sample(path);
  if (entries.shut > 0) return warning(`${user} may not read ${entries.shut} things in ${path}`, open);
  if (entries.readable > 0) return ok(`${path} can be read`);
  const disks = (await probes.read('/etc/fstab')) ?? '';
  return isMissing(disks, await probes.mounts(), path)
    ? warning(`${path} is empty: its disk is not mounted`, `sudo mount -a && ls ${quoted(path)}`)
    : warning(
        `${path} is empty`,
        'Put music there: on the page under Library, + and Send a folder, or with a program that speaks SFTP',
      );
}

/** The programs of access lists are not on every Raspberry Pi. */
const ACL = 'sudo apt-get install -y acl &&';
/** File systems that know no users. */
const NO_RIGHTS = /^(?:vfat|exfat|msdos|ntfs3?|fuseblk)$/;

/** Whether a disk that fstab names for this place is not mounted. */
function isMissing(fstab: string, mounts: string, path: string): boolean {
  return fstab
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[1] ?? '')
    .filter((at) => at.startsWith('/') && at !== '/' && (path === at || path.startsWith(`${at}/`)))
    .some((at) => mountOf(mounts, path)?.at !== at);
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
