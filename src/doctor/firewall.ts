import type { Files } from './cards.js';

/** What is let through: packets to a port, or from here to one. */
export interface Opening {
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  readonly way: 'in' | 'out';
}

/** The command that opens a firewall, for the one that is at work on this machine. */
export type OpenWall = (opening: Opening) => Promise<string>;

export const openWall =
  ({ read, list }: Files): OpenWall =>
  async ({ proto, port, way }) => {
    const ufw = await read('/etc/ufw/ufw.conf');
    if (ufw !== undefined && /^\s*ENABLED\s*=\s*yes/im.test(ufw))
      return way === 'in' ? `sudo ufw allow ${port}/${proto}` : `sudo ufw allow out ${port}/${proto}`;
    if (way === 'in' && (await list('/run/firewalld')).length > 0)
      return `sudo firewall-cmd --permanent --add-port=${port}/${proto} && sudo firewall-cmd --reload`;
    const tools = new Set((await Promise.all(['/usr/sbin', '/sbin'].map((folder) => list(folder)))).flat());
    const chain = way === 'in' ? 'INPUT' : 'OUTPUT';
    if (tools.has('iptables') || !tools.has('nft'))
      return `sudo iptables -I ${chain} -p ${proto} --dport ${port} -j ACCEPT`;
    return `sudo nft insert rule inet filter ${chain.toLowerCase()} ${proto} dport ${port} accept`;
  };
