import { describe, expect, it } from 'vitest';
import { Proxies } from './proxies.js';

const see = (trusted: string[], peer: string, headers: string[] = [], encrypted = false) =>
  new Proxies(trusted).see({ rawHeaders: headers, socket: { remoteAddress: peer, encrypted } });
const FORWARDED = [
  'X-Forwarded-For',
  '6.6.6.6, 192.168.1.9, 10.0.0.2',
  'X-Forwarded-Proto',
  'https',
  'X-Forwarded-Host',
  'music.example',
];

describe('[PX1] [S21] reverse proxies', () => {
  it.each([
    [
      'nobody is trusted',
      [],
      '10.0.0.1',
      { address: '10.0.0.1', secure: false, host: undefined, direct: false },
    ],
    [
      'another one is trusted',
      ['10.0.0.3'],
      '10.0.0.1',
      { address: '10.0.0.1', secure: false, host: undefined },
    ],
    [
      'the peer is trusted',
      ['10.0.0.1'],
      '10.0.0.1',
      { address: '10.0.0.2', secure: true, host: 'music.example' },
    ],
    ['its network is trusted', ['10.0.0.0/8'], '10.0.0.1', { address: '192.168.1.9', secure: true }],
    ['it comes as IPv6', ['10.0.0.0/8'], '::ffff:10.0.0.1', { address: '192.168.1.9' }],
    ['a proxy on an IPv6 network', ['fd00::/8'], 'fd00::1%eth0', { address: '10.0.0.2' }],
  ] as [string, string[], string, object][])('%s', (_what, trusted, peer, seen) => {
    expect(see(trusted, peer, FORWARDED)).toMatchObject(seen);
  });

  it('what is no address ends the chain, and a client cannot write itself in', () => {
    expect(see(['10.0.0.1'], '10.0.0.1', ['X-Forwarded-For', 'evil']).address).toBe('10.0.0.1');
    expect(see(['10.0.0.1'], '10.0.0.1', ['X-Forwarded-For', '127.0.0.1, 8.8.8.8']).address).toBe('8.8.8.8');
  });

  it('who comes without a proxy is direct', () => {
    expect(see([], '127.0.0.1', [], true)).toEqual({
      address: '127.0.0.1',
      secure: true,
      host: undefined,
      direct: true,
    });
  });

  it.each(['music.example', '10.0.0.1/33', '10.0.0.1/a', '', '1.2.3.4/8/8'])('%j is no proxy', (text) => {
    expect(() => new Proxies([text])).toThrow('trusted_proxies');
  });
});
