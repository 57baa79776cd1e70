import { fail, ok, warn, type Finding } from './finding.js';
import type { RunProgram } from './programs.js';

/** What was heard after a question to everybody on every network of this machine. */
export interface Echo {
  /** Why nothing could be sent or heard, as an error code. */
  readonly failed?: string;
  /** Networks, and those of them on which our own question came back. */
  readonly networks: readonly string[];
  readonly heardOn: readonly string[];
  /** Other machines that answered. */
  readonly answers: number;
}

export interface MdnsProbes {
  echo(signal: AbortSignal): Promise<Echo>;
  read(path: string): Promise<string | undefined>;
  readonly run: RunProgram;
}

const AVAHI = '/etc/avahi/avahi-daemon.conf';
const ALONE = /^\s*disallow-other-stacks\s*=\s*yes/m;
const RESTART = 'sudo systemctl restart avahi-daemon';

/** Whether multicast really goes out and comes back, and whether avahi lets others be heard. */
export async function checkMdns(probes: MdnsProbes, wanted: boolean, signal: AbortSignal): Promise<Finding> {
  if (!wanted) return ok('off');
  if (ALONE.test((await probes.read(AVAHI)) ?? ''))
    return fail(
      'avahi keeps the port of mDNS for itself',
      `sudo sed -i 's/^ *disallow-other-stacks=.*/disallow-other-stacks=no/' ${AVAHI} && ${RESTART}`,
    );
  const { failed, networks, heardOn, answers } = await probes.echo(signal);
  if (failed === 'EADDRINUSE')
    return fail('a program keeps port 5353 for itself', 'sudo ss -ulnp sport = :5353');
  if (failed !== undefined)
    return fail(`multicast cannot be used: ${failed}`, 'sudo ip link set dev eth0 multicast on');
  if (networks.length === 0) return fail('this machine is on no network', 'sudo nmtui');
  const deaf = networks.filter((name) => !heardOn.includes(name));
  if (deaf.length > 0)
    return fail(
      `nothing comes back on ${deaf.join(', ')}: multicast is off there, or a firewall drops it`,
      `sudo ip link set dev ${deaf[0]} multicast on && sudo iptables -I INPUT -p udp --dport 5353 -j ACCEPT`,
    );
  const taken = await renamed(probes, signal);
  if (taken !== undefined)
    return warn(
      `another machine has this name, so avahi calls this one ${taken}`,
      `sudo hostnamectl set-hostname another-name && ${RESTART}`,
    );
  const heard = answers === 0 ? 'no other machine answers' : `${answers} other machines answer`;
  return ok(`goes out and comes back on ${networks.join(', ')}; ${heard}`);
}

/** The name avahi took after a conflict: it adds a number. */
async function renamed({ run }: MdnsProbes, signal: AbortSignal): Promise<string | undefined> {
  const bus = ['org.freedesktop.Avahi', '/', 'org.freedesktop.Avahi.Server', 'GetHostName'];
  const [said, host] = await Promise.all([
    run('busctl', ['--system', '--timeout=2', 'call', ...bus], signal),
    run('hostname', [], signal),
  ]);
  const name = said?.code === 0 ? /^s "([^"]{1,255})"/.exec(said.text)?.[1] : undefined;
  const own = host?.text.trim().split('.')[0];
  return name !== undefined && own !== undefined && name !== own && name.startsWith(`${own}-`)
    ? name
    : undefined;
}
