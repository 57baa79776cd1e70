import type { Files } from './cards.js';
import { notice, ok, warning, type Finding } from './finding.js';
import type { Ways } from './ways.js';

export interface RightsProbes extends Pick<Files, 'read'> {
  readonly user: string;
  groups(this: void): Promise<readonly string[]>;
}

const WANTED: Readonly<Record<string, string>> = {
  audio: 'sound cards and their mixers',
  input: 'remote controls, keyboards and knobs',
  gpio: 'amplifier switch, status light and buttons',
};

/** Groups of this machine that open what Tutti uses. */
export async function checkGroups(
  { user, groups, read }: RightsProbes,
  ways: Pick<Ways, 'restart' | 'units'>,
): Promise<Finding> {
  if (user === 'root')
    return notice(
      'runs as root, who may everything: a user of its own is safer',
      ways.units ? 'sudo systemctl start tutti' : 'Start it without sudo, as a user of its own',
    );
  const there = new Set(
    [...((await read('/etc/group')) ?? '').matchAll(/^([^:]+):/gm)].map((match) => match[1]!),
  );
  const own = await groups();
  const figures = own.filter((name) => name in WANTED).map((name) => ({ name: 'group', value: name }));
  const missing = Object.keys(WANTED).filter((name) => there.has(name) && !own.includes(name));
  if (missing.length === 0)
    return ok(
      `${user} is in ${own.filter((name) => name in WANTED).join(', ') || 'no group that matters here'}`,
      figures,
    );
  const lost = missing.map((name) => `${name} (${WANTED[name]})`).join(', ');
  const then = ways.units ? ` && ${ways.restart}` : '   then sign out and in, and start Tutti anew';
  const fix = `sudo usermod -aG ${missing.join(',')} ${user}${then}`;
  return missing.includes('audio')
    ? warning(`${user} is not in ${lost}`, fix, figures)
    : notice(`${user} is not in ${lost}; needed only by who has such things`, fix, figures);
}

const ENOUGH = 5;

/** Whether sound may go before everything else. */
export async function checkRealtime(
  { read, user }: RightsProbes,
  wanted: boolean,
  { units }: Pick<Ways, 'units'>,
): Promise<Finding> {
  if (!wanted) return ok('local_output is off');
  if (units) return ok('sound goes before everything else: outputs are units with a priority of their own');
  const limits = (await read('/proc/self/limits')) ?? '';
  const word = /^Max realtime priority\s+(\S+)/m.exec(limits)?.[1];
  const most = word === 'unlimited' ? 99 : Number(word ?? Number.NaN);
  if (!Number.isFinite(most))
    return { ...notice('could not be measured: the kernel does not tell'), unknown: true };
  const figures = [{ name: 'realtime priority allowed', value: most }];
  if (most >= ENOUGH || user === 'root') return ok('sound may go before everything else', figures);
  return notice(
    'sound has no precedence over other programs: it may falter on a busy machine',
    `printf '@audio - rtprio 50\\n@audio - memlock 65536\\n' | sudo tee /etc/security/limits.d/tutti.conf   then sign out and in, and start Tutti anew`,
    figures,
  );
}
