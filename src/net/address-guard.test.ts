import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { AddressGuard, isPublicAddress, type Resolved } from './address-guard.js';

const PUBLIC: Resolved = { address: '93.184.215.14', family: 4 };

function guard(options: { allow?: string[]; names?: Record<string, string[]>; own?: string[] } = {}) {
  const asked: string[] = [];
  const made = new AddressGuard({
    clock: new ManualClock(),
    allow: options.allow ?? [],
    own: () => options.own ?? [],
    resolve: async (host) => {
      asked.push(host);
      const found = (options.names ?? {})[host];
      if (!found) return host.startsWith('public') ? [PUBLIC] : [];
      return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
  });
  return { guard: made, asked };
}

/** Every spelling of an address inside that somebody has thought of. */
const INSIDE = [
  'http://127.0.0.1/', 'http://127.1/', 'http://127.0.1/', 'http://2130706433/', 'http://0x7f000001/', 'http://0x7f.1/',
  'http://0177.0.0.1/', 'http://0177.1/', 'http://127.0.0.1./', 'http://0/', 'http://0.0.0.0/', 'http://00000177.0.0.1/',
  'http://[::1]/', 'http://[::]/', 'http://[0:0:0:0:0:0:0:1]/', 'http://[::ffff:127.0.0.1]/', 'http://[::ffff:7f00:1]/',
  'http://[::127.0.0.1]/', 'http://[64:ff9b::7f00:1]/', 'http://[64:ff9b:1::7f00:1]/', 'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::]/', 'http://[fe80::1]/', 'http://[fec0::1]/', 'http://[fc00::1]/', 'http://[fd12:3456::1]/',
  'http://[ff02::1]/', 'http://[100::1]/', 'http://[2001:db8::1]/', 'http://[::ffff:0:127.0.0.1]/',
  'http://10.0.0.1/', 'http://10.255.255.255/', 'http://172.16.0.1/', 'http://172.31.255.1/', 'http://192.168.0.1/',
  'http://169.254.169.254/latest/meta-data/', 'http://100.64.0.1/', 'http://100.127.255.1/', 'http://192.0.0.1/',
  'http://198.18.0.1/', 'http://224.0.0.251/', 'http://239.255.255.250/', 'http://240.0.0.1/', 'http://255.255.255.255/',
  'http://①②⑦.⓪.⓪.①/', 'http://127。0。0。1/', 'http://３２３２２３５７７７/',
]; // prettier-ignore

const NO_WEB = [
  'file:///etc/passwd', 'ftp://public.example/a.flac', 'gopher://public.example/', 'data:audio/flac,x', 'javascript:1',
  '//public.example/a', 'public.example/a', '-o/etc/x', '--exec=id', ' http://public.example/', 'http://public.example/ a',
  'http://public.example/\n--exec', 'http://public.example\\@127.0.0.1/', 'http://', 'https://[::1', 'http://%/',
  'http://user@public.example/', 'http://user:word@public.example/', 'http://127.0.0.1@public.example/',
]; // prettier-ignore

describe('the address guard', () => {
  it.each(INSIDE)('refuses %s', async (url) => {
    await expect(guard().guard.check(url)).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
  });

  it.each(NO_WEB)('does not take %j for a web address', async (url) => {
    await expect(guard().guard.check(url)).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
  });

  it('lets the public internet through, with the address that was checked', async () => {
    const { url, addresses } = await guard().guard.check('https://public.example:8443/a%20b.flac?x=1#y');
    expect(addresses).toEqual([PUBLIC]);
    expect(url.host).toBe('public.example:8443');
  });

  it.each(['localhost', 'nas', 'printer.local', 'rebind.example'])(
    'refuses %s, which leads inside',
    async (host) => {
      const names = {
        localhost: ['127.0.0.1'],
        nas: ['10.1.1.1'],
        'printer.local': ['fe80::1'],
        'rebind.example': ['::1'],
      };
      const failed = guard({ names }).guard.check(`http://${host}/`);
      await expect(failed).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
    },
  );

  it('refuses a name that leads outside and inside', async () => {
    const names = { 'mixed.example': ['93.184.215.14', '127.0.0.1'] };
    const failed = guard({ names }).guard.check('http://mixed.example/');
    await expect(failed).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
  });

  it('refuses public addresses of this machine itself', async () => {
    const failed = guard({ own: ['93.184.215.14'] }).guard.check('http://public.example/');
    await expect(failed).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
  });

  it.each([22, 25, 53, 445, 631])('asks nobody on port %i', async (port) => {
    const failed = guard().guard.check(`http://public.example:${port}/`);
    await expect(failed).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
  });

  it('looks a name up once', async () => {
    const { guard: made, asked } = guard();
    await made.check('http://public.example/');
    expect(asked).toEqual(['public.example']);
  });

  it('says that a name is not known', async () => {
    await expect(guard().guard.check('http://nowhere.example/')).rejects.toMatchObject({
      code: 'ERR_SOURCE',
    });
  });

  it.each([
    ['192.168.1.20', 'http://192.168.1.20/a', 'http://192.168.1.21/a'],
    ['192.168.1.20:8000', 'http://192.168.1.20:8000/a', 'http://192.168.1.20:8001/a'],
    ['10.0.0.0/8', 'http://10.9.9.9/a', 'http://11.0.0.1:22/a'],
    ['fd00::/8', 'http://[fd00::5]/a', 'http://[fc00::5]/a'],
    ['[::1]:9000', 'http://[::1]:9000/', 'http://[::1]:9001/'],
    ['nas.local', 'http://nas.local/a', 'http://other.local/a'],
    ['nas.local:8080', 'http://nas.local:8080/a', 'http://nas.local/a'],
  ])('lets through %s and nothing beside it', async (entry, inside, beside) => {
    const names = { 'nas.local': ['192.168.1.5'], 'other.local': ['192.168.1.5'] };
    const { guard: made } = guard({ allow: [entry], names });
    await expect(made.check(inside)).resolves.toBeDefined();
    await expect(made.check(beside)).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    'a b',
    'http://nas/',
    '*',
    '1.2.3.4/x',
    '300.1.1.1',
    '1.2.3',
    'nas.local:70000',
    '10.0.0.1:0',
  ])('refuses the entry %j', (entry) => {
    expect(() => guard({ allow: [entry] })).toThrow('allow_private_addresses');
  });

  it.each(['1.1.1.1', '93.184.215.14', '2606:4700::1111', '2a00:1450::1'])(
    'knows that %s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each(['', 'localhost', '1.2.3', 'fe80::1%eth0', '::ffff:1.1.1.1'])(
    'does not take %j for public',
    (text) => {
      expect(isPublicAddress(text)).toBe(false);
    },
  );
});
