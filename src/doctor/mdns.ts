import { notice, ok, problem, unmeasured, warning, type Finding } from './finding.js';
import type { OpenWall } from './firewall.js';
import { isNear, isPrivate, type Network } from './networks.js';
import type { RunProgram } from './programs.js';
import type { Figure } from '../protocol/index.js';

/** What was heard after a question to everybody on every network of this machine. */
export interface Echo {
  /** Why nothing could be sent or heard, as an error code. */
  readonly failed?: string;
  /** Networks, and those of them on which our own question came back. */
  readonly networks: readonly Network[];
  readonly heardOn: readonly string[];
  /** Other machines that answered. */
  readonly answers: number;
  /** Players that announced themselves, and ourselves among them. */
  readonly seen: readonly { readonly network: string; readonly service: string; readonly ours: boolean }[];
  /** Where others say that they are. */
  readonly addresses: readonly string[];
}

export interface MdnsProbes {
  echo(this: void, signal: AbortSignal): Promise<Echo>;
  read(this: void, path: string): Promise<string | undefined>;
  readonly run: RunProgram;
  readonly open: OpenWall;
}

const AVAHI = '/etc/avahi/avahi-daemon.conf';
const ALONE = /^\s*disallow-other-stacks\s*=\s*yes/m;
const RESTART = 'sudo systemctl restart avahi-daemon';

/** Whether multicast really goes out and comes back, and whether avahi lets others be heard. */
export async function checkMdns(probes: MdnsProbes, wanted: boolean, signal: AbortSignal): Promise<Finding> {
  if (!wanted) return ok('off');
  if (ALONE.test((await probes.read(AVAHI)) ?? ''))
    return problem(
      'avahi keeps the port of mDNS for itself',
      `sudo sed -i 's/^ *disallow-other-stacks=.*/disallow-other-stacks=no/' ${AVAHI} && ${RESTART}`,
    );
  const heard = await probes.echo(signal);
  const fault = await faultIn(heard, probes.open);
  if (fault) return fault;
  const taken = await renamed(probes, signal);
  if (taken !== undefined)
    return warning(
      `another machine has this name, so avahi calls this one ${taken}`,
      `sudo hostnamectl set-hostname another-name && ${RESTART}`,
    );
  const { networks, answers } = heard;
  const back = `goes out and comes back on ${networks.map(({ name }) => name).join(', ')}`;
  const figures = [{ name: 'answers', value: answers }];
  if (answers === 0)
    return notice(
      `${back}, but no other machine answers: none is on that speaks mDNS, or something between keeps multicast away`,
      `On the router and the switches: client isolation (AP isolation, guest network) off, IGMP snooping off. Here: ${await probes.open(INTO)}`,
      figures,
    );
  return ok(
    `${back}; ${answers === 1 ? 'one other machine answers' : `${answers} other machines answer`}`,
    figures,
  );
}

const INTO = { proto: 'udp', port: 5353, way: 'in' } as const;

/** What keeps our own question from coming back. */
async function faultIn({ failed, networks, heardOn }: Echo, open: OpenWall): Promise<Finding | undefined> {
  const names = networks.map(({ name }) => name);
  const [first = 'eth0'] = names;
  if (failed === 'EADDRINUSE')
    return problem('a program keeps port 5353 for itself', 'sudo ss -ulnp sport = :5353');
  if (failed === 'EPERM' || failed === 'EACCES')
    return problem('a firewall of this machine lets no multicast out', await open({ ...INTO, way: 'out' }));
  if (failed !== undefined)
    return problem(`multicast cannot be used: ${failed}`, `sudo ip link set dev ${first} multicast on`);
  if (names.length === 0)
    return problem(
      'this machine is on no network',
      'sudo nmtui   for Wi-Fi; or plug in a network cable: ip -br address   shows what there is',
    );
  const deaf = names.filter((name) => !heardOn.includes(name));
  if (deaf.length === 0) return undefined;
  return problem(
    `nothing comes back on ${deaf.join(', ')}: multicast is off there, or a firewall drops it`,
    `${await open(INTO)} && sudo ip link set dev ${deaf[0]} multicast on`,
  );
}

/** Who announces players where, and whether our own announcement comes back. `announces`: whether this server has one. */
export function checkSeen(heard: Echo, announces: boolean): Finding {
  if (isDeaf(heard)) return DEAF;
  const others = heard.seen.filter(({ ours }) => !ours);
  const figures: Figure[] = heard.networks.map(({ name }) => ({
    name: `players on ${name}`,
    value: others.filter(({ network }) => network === name).length,
  }));
  if (announces && !heard.seen.some(({ ours }) => ours))
    return warning(
      'this server does not hear its own announcement: other programs may not find it either',
      `${RESTART} && sudo systemctl restart tutti`,
      figures,
    );
  const kinds = [...new Set(others.map(({ service }) => service))].join(', ');
  if (others.length === 0)
    return notice(
      'no player announces itself on these networks; those in another one have to be added by hand',
      'Settings > Add a player, by its address; or in tutti.yaml: players: [{ kind: mpd, name: Kitchen, host: 192.168.1.20 }]',
      figures,
    );
  return ok(
    `${others.length === 1 ? 'one player announces itself' : `${others.length} players announce themselves`} (${kinds})`,
    figures,
  );
}

/** Who hears not even himself hears nobody. */
const isDeaf = ({ failed, heardOn }: Echo): boolean => failed !== undefined || heardOn.length === 0;
const DEAF = unmeasured('nothing can be heard; see multicast');

/** Whether what is announced here lives in another network: then somebody repeats mDNS, and music has to find its way too. */
export function checkReflector(heard: Echo): Finding {
  if (isDeaf(heard)) return DEAF;
  const far = heard.addresses.filter((address) => isPrivate(address) && !isNear(address, heard.networks));
  if (far.length === 0) return ok('everybody who is heard is in a network of this machine');
  return notice(
    `${far.slice(0, 4).join(', ')} ${far.length === 1 ? 'is' : 'are'} announced here from another network (VLAN): a reflector repeats mDNS, the router must let music through too`,
    `On the router: allow ${far[0]} to reach this machine (HTTP port of Tutti), and back`,
    [{ name: 'announced from elsewhere', value: far.length }],
  );
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
