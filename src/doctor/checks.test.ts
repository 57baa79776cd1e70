import { describe, expect, it } from 'vitest';
import { systemClock } from '../base/index.js';
import { examine, ok, problem, warning, type Finding } from './finding.js';
import { demandHealth, lines } from './lines.js';
import { checkClock, checkDisk, checkMemory, type ClockProbes } from './machine.js';
import { checkMdns, type Echo } from './mdns.js';
import { question } from './multicast.js';
import { checkPort, holderIn, type PortProbes } from './ports.js';
import { checkFfmpeg, checkMpv, checkNode, type RunProgram } from './programs.js';
import { checkRedis } from './redis.js';
import { checkSound, type SoundProbes } from './sound.js';
import { openWall } from './firewall.js';
import { waysOf } from './ways.js';

const quiet = new AbortController().signal;
/** Somebody who cloned the repository. */
const ways = waysOf({ root: '/home/pi/tutti', file: '/d/tutti.yaml', byVariable: () => false });
const open = openWall({ read: () => Promise.resolve(undefined), list: () => Promise.resolve(['iptables']) });

/** A machine on which these programs say this; there are no others. */
const saying =
  (texts: Readonly<Record<string, string>>): RunProgram =>
  (program, words) => {
    const text = texts[`${program} ${words.at(-1)}`] ?? texts[program];
    return Promise.resolve(text === undefined ? undefined : { code: 0, text });
  };

describe('the doctor on programs', () => {
  it('wants Node 20.19', () => {
    expect(['20.19.0', '22.1.0', '20.18.3', '18.20.4'].map((version) => checkNode(version).severity)).toEqual(
      ['ok', 'ok', 'problem', 'problem'],
    );
  });

  it.each([
    ['mpv 0.35.1 Copyright', true, 'ok', '0.35.1'],
    ['mpv v0.40.0 Copyright', true, 'ok', 'v0.40.0'],
    ['mpv 0.32.0 Copyright', true, 'problem', '0.35'],
    [undefined, true, 'problem', 'not installed'],
    [undefined, false, 'ok', 'not needed'],
  ] as const)('of %j says %s', async (text, wanted, severity, found) => {
    const run = saying(text === undefined ? {} : { mpv: text });
    expect(await checkMpv(run, wanted)).toMatchObject({ severity, found: expect.stringContaining(found) });
  });

  it('wants an ffmpeg that can write what players need', async () => {
    const version = 'ffmpeg version 5.1.9-0+deb12u1 Copyright';
    const all = { 'ffmpeg -version': version, 'ffmpeg -encoders': ' A....D flac \n A....D libmp3lame \n' };
    expect(await checkFfmpeg(saying(all))).toEqual(ok('5.1.9-0+deb12u1'));
    expect((await checkFfmpeg(saying({ ...all, 'ffmpeg -encoders': ' flac ' }))).severity).toBe('warning');
    expect(await checkFfmpeg(saying({}))).toMatchObject({ fix: 'sudo apt-get install -y ffmpeg' });
  });
});

describe('the doctor on ports', () => {
  const WANTED = { what: 'the port of pages', host: '0.0.0.0', port: 8080, setting: 'port' };
  const at = (code: string | undefined, more: Partial<PortProbes> = {}): PortProbes => ({
    listen: () => Promise.resolve(code),
    holder: () => Promise.resolve({ program: 'node', pid: 7 }),
    running: () => Promise.resolve(false),
    ...more,
  });

  it('is content with a free one, with one that is off, and with one that is ours', async () => {
    expect((await checkPort(at(undefined), WANTED, ways)).severity).toBe('ok');
    expect((await checkPort(at('EADDRINUSE'), { ...WANTED, port: 0 }, ways)).severity).toBe('ok');
    const ours = at('EADDRINUSE', { running: () => Promise.resolve(true) });
    expect((await checkPort(ours, WANTED, ways)).severity).toBe('ok');
  });

  it('names the program that has it, and how to go on', async () => {
    const icecast = { holder: () => Promise.resolve({ program: 'icecast2', pid: 42 }) };
    for (const running of [true, false]) {
      const probes = at('EADDRINUSE', { ...icecast, running: () => Promise.resolve(running) });
      expect(await checkPort(probes, WANTED, ways)).toEqual(
        problem(
          '8080, the port of pages, is taken by icecast2 (process 42)',
          "sudo kill 42   or another port: printf '\\nport: 8081\\n' | tee -a /d/tutti.yaml   Then end Tutti with Ctrl+C, and start it anew: npm start",
        ),
      );
    }
  });

  it.each([
    ['EACCES', 'rights of root'],
    ['EADDRNOTAVAIL', 'no address'],
  ])('says what %s means', async (code, found) => {
    expect(await checkPort(at(code), WANTED, ways)).toMatchObject({
      severity: 'problem',
      found: expect.stringContaining(found),
    });
  });

  it('reads who has a port', () => {
    const line = 'LISTEN 0 511 0.0.0.0:8080 0.0.0.0:* users:(("icecast2",pid=42,fd=18))';
    expect(holderIn(line)).toEqual({ program: 'icecast2', pid: 42 });
    expect(holderIn('LISTEN 0 511 0.0.0.0:8080 0.0.0.0:*')).toBeUndefined();
  });
});

describe('the doctor on mDNS', () => {
  const on = (...names: string[]): Echo['networks'] =>
    names.map((name) => ({ name, address: '192.168.1.2', netmask: '255.255.255.0' }));
  const HEARD: Echo = { networks: on('eth0'), heardOn: ['eth0'], answers: 2, seen: [], addresses: [] };
  const check = (
    heard: Partial<Echo>,
    said: Readonly<Record<string, string>> = {},
    conf?: string,
  ): Promise<Finding> =>
    checkMdns(
      {
        echo: () => Promise.resolve({ ...HEARD, ...heard }),
        read: () => Promise.resolve(conf),
        run: saying(said),
        open,
      },
      true,
      quiet,
    );

  it('is content when its own question comes back', async () => {
    expect(await check({})).toMatchObject({
      severity: 'ok',
      found: 'goes out and comes back on eth0; 2 other machines answer',
    });
    expect((await check({}, {}, '#disallow-other-stacks=yes')).severity).toBe('ok');
  });

  it.each([
    [{ networks: on('eth0', 'wlan0') }, 'nothing comes back on wlan0', 'ip link set dev wlan0 multicast on'],
    [{ failed: 'EADDRINUSE' }, 'keeps port 5353', 'ss -ulnp'],
    [{ failed: 'ENETUNREACH' }, 'ENETUNREACH', 'multicast on'],
    [{ failed: 'EPERM' }, 'lets no multicast out', 'iptables -I OUTPUT -p udp --dport 5353'],
    [{ networks: [], heardOn: [] }, 'no network', 'nmtui'],
  ])('fails for %j', async (heard, found, fix) => {
    expect(await check(heard)).toMatchObject({
      severity: 'problem',
      found: expect.stringContaining(found),
      fix: expect.stringContaining(fix),
    });
  });

  it('does not call it well when nobody else answers', async () => {
    expect(await check({ answers: 0 })).toMatchObject({
      severity: 'notice',
      fix: expect.stringContaining('IGMP snooping off'),
    });
    expect((await check({ answers: 1 })).found).toContain('one other machine answers');
  });

  it.each([
    [{ '/etc/ufw/ufw.conf': 'ENABLED=yes\n' }, {}, 'sudo ufw allow 5353/udp'],
    [
      { '/etc/ufw/ufw.conf': 'ENABLED=no\n' },
      { '/usr/sbin': ['nft'] },
      'sudo nft insert rule inet filter input udp',
    ],
    [{}, { '/run/firewalld': ['x'] }, 'firewall-cmd --permanent --add-port=5353/udp'],
  ])(
    'opens the firewall that is at work: %j %j',
    async (texts: Record<string, string>, lists: Record<string, string[]>, command) => {
      const files = {
        read: (path: string) => Promise.resolve(texts[path]),
        list: (path: string) => Promise.resolve(lists[path] ?? []),
      };
      expect(await openWall(files)({ proto: 'udp', port: 5353, way: 'in' })).toContain(command);
    },
  );

  it('knows the settings of avahi that keep others out', async () => {
    expect(await check({}, {}, '[server]\ndisallow-other-stacks=yes\n')).toMatchObject({
      severity: 'problem',
      fix: expect.stringContaining('disallow-other-stacks=no'),
    });
  });

  it('notices the number that avahi gives a name others have too', async () => {
    const named = (name: string): Promise<Finding> =>
      check({}, { busctl: `s "${name}"\n`, hostname: 'music\n' });
    expect(await named('music-2')).toMatchObject({
      severity: 'warning',
      fix: expect.stringContaining('set-hostname'),
    });
    expect((await named('music')).severity).toBe('ok');
  });

  it('asks as DNS does', () => {
    expect(question('_mpd').toString('latin1')).toBe(
      '\0\0\0\0\0\x01\0\0\0\0\0\0\x04_mpd\x05local\0\0\x0c\0\x01',
    );
  });
});

describe('the doctor on the machine', () => {
  const clock = (said: Readonly<Record<string, string>>, more: Partial<ClockProbes> = {}): ClockProbes => ({
    wallMs: () => Date.UTC(2026, 10, 20),
    exists: () => Promise.resolve(false),
    run: saying(said),
    ...more,
  });

  it.each([
    [{ timedatectl: 'yes\n' }, 'ok', ''],
    [{ timedatectl: 'no\n' }, 'warning', 'sudo timedatectl set-ntp true'],
    [{ timedatectl: 'no\n', chronyc: 'A,1,Normal' }, 'ok', ''],
    [{ chronyc: 'A,0,Not synchronised' }, 'warning', 'sudo timedatectl set-ntp true'],
    [{}, 'warning', 'apt-get install -y systemd-timesyncd'],
  ] as const)('with a clock of which %j is said: %s', async (said, severity, fix) => {
    const finding = await checkClock(clock(said));
    expect(finding.severity).toBe(severity);
    expect('fix' in finding ? finding.fix : '').toContain(fix);
  });

  it('does not ask a container to set its clock', async () => {
    const exists = (path: string): Promise<boolean> => Promise.resolve(path === '/.dockerenv');
    expect(await checkClock(clock({}, { exists }))).toMatchObject({ severity: 'ok' });
  });

  it('looks for space where the data is', async () => {
    const probes = {
      mounts: () => Promise.resolve('/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /mnt/ssd ext4 rw 0 0\n'),
      freeBytes: () => Promise.resolve(1e6),
      syncMs: () => Promise.resolve(1),
    };
    expect(await checkDisk(probes, '/mnt/ssd/tutti', ways)).toMatchObject({
      fix: expect.stringContaining('du -xh --max-depth=3 /mnt/ssd'),
    });
    expect(await checkDisk(probes, '/var/lib/tutti', ways)).toMatchObject({
      fix: expect.stringContaining('apt-get clean'),
    });
  });

  it('knows that a clock of last year has lost the time', async () => {
    const lost = clock({ timedatectl: 'yes\n' }, { wallMs: () => Date.UTC(2025, 1, 1) });
    expect(await checkClock(lost)).toMatchObject({ severity: 'problem' });
  });

  it.each([
    [5000, 2, 'ok'],
    [500, 2, 'warning'],
    [50, 2, 'problem'],
    [5000, 400, 'warning'],
  ])('with %i MB free and a write of %i ms: %s', async (megabytes, ms, severity) => {
    const probes = {
      mounts: () => Promise.resolve('/dev/sda1 / ext4 rw 0 0'),
      freeBytes: () => Promise.resolve(megabytes * 1024 * 1024),
      syncMs: () => Promise.resolve(ms),
    };
    expect((await checkDisk(probes, '/d', ways)).severity).toBe(severity);
  });

  it.each([
    [900, false, 'ok'],
    [150, false, 'warning'],
    [150, true, 'ok'],
    [40, false, 'problem'],
    [40, true, 'warning'],
  ])('with %i MB of memory, running %s: %s', (megabytes, running, severity) => {
    expect(checkMemory(`MemAvailable:  ${megabytes * 1024} kB\n`, running).severity).toBe(severity);
  });
});

describe('the doctor on sound', () => {
  const CARD = "  'auto' (Automatic)\n  'alsa/lavrate' (Plugin)\n  'alsa/hdmi:CARD=vc4,DEV=0' (HDMI)\n";
  const check = (more: Partial<SoundProbes>, listing = CARD): Promise<Finding> =>
    checkSound(
      {
        user: 'tutti',
        groups: () => Promise.resolve(['tutti', 'audio']),
        processes: () => Promise.resolve([]),
        exists: () => Promise.resolve(true),
        run: saying({ mpv: listing }),
        ...more,
      },
      true,
      ways,
    );

  it('is content with a card that may be used', async () => {
    expect(await check({})).toEqual(ok('one output, such as alsa/hdmi:CARD=vc4,DEV=0'));
  });

  it('wants the user in group audio, unless a sound server of theirs stands between', async () => {
    const groups = (): Promise<string[]> => Promise.resolve(['tutti']);
    expect(await check({ groups })).toMatchObject({
      severity: 'problem',
      fix: expect.stringContaining('usermod -aG audio tutti'),
    });
    const processes = (): Promise<{ program: string; user: string }[]> =>
      Promise.resolve([{ program: 'pipewire', user: 'tutti' }]);
    expect((await check({ groups, processes })).severity).toBe('ok');
  });

  it('names the user whose sound server has the outputs', async () => {
    const processes = (): Promise<{ program: string; user: string }[]> =>
      Promise.resolve([{ program: 'pulseaudio', user: 'pi' }]);
    expect(await check({ processes })).toMatchObject({
      severity: 'warning',
      fix: expect.stringContaining('--machine=pi@.host'),
    });
  });

  it('does not take plugins for outputs', async () => {
    const plugins = "  'auto' (Automatic)\n  'alsa/lavrate' (Plugin)\n  'pulse/auto_null' (Dummy)\n";
    expect((await check({}, plugins)).severity).toBe('problem');
    expect((await check({ exists: () => Promise.resolve(false) }, plugins)).severity).toBe('warning');
  });
});

describe('the doctor on Redis', () => {
  const REDIS = 'redis://127.0.0.1:6379';
  const refusing = (message: string) => () => Promise.reject(new Error(message));

  const answering = (ms: number) => () => Promise.resolve({ version: '7.0.15', ms });

  it('is content with one that answers, and with none wanted', async () => {
    expect((await checkRedis(answering(3), REDIS, ways, quiet)).severity).toBe('ok');
    expect((await checkRedis(refusing('x'), undefined, ways, quiet)).severity).toBe('ok');
  });

  it('warns of one that is slow', async () => {
    expect(await checkRedis(answering(2_000), REDIS, ways, quiet)).toMatchObject({
      severity: 'warning',
      found: expect.stringContaining('2000 ms'),
      fix: 'redis-cli -u redis://127.0.0.1:6379 slowlog get',
    });
  });

  it.each([
    ['connect ECONNREFUSED', REDIS, 'apt-get install -y redis-server'],
    ['connect ETIMEDOUT', 'redis://10.0.0.2:6379', 'redis-cli -u redis://10.0.0.2:6379 ping'],
    ['NOAUTH Authentication required', REDIS, 'bus: "redis://user:password'],
    ["NOPERM this user has no permissions to run the 'eval' command", REDIS, 'acl setuser'],
    ["READONLY You can't write against a read only replica.", REDIS, 'bus: "redis://'],
    ["OOM command not allowed when used memory > 'maxmemory'.", REDIS, 'config set maxmemory 0'],
    ['MISCONF Redis is configured to save RDB snapshots', '/run/redis.sock', 'redis-cli -s /run/redis.sock'],
  ])('for %s at %s says the command', async (message, address, fix) => {
    expect(await checkRedis(refusing(message), address, ways, quiet)).toMatchObject({
      severity: 'problem',
      fix: expect.stringContaining(fix),
    });
  });
});

describe('what the doctor says', () => {
  const ROWS = [
    { check_id: 'node', ...ok('20.20.2') },
    { check_id: 'clock', ...warning('slow', 'wind it') },
  ];

  it('is a line for each check, and the command below what is not well', () => {
    expect(lines(ROWS)).toBe('ok       node   20.20.2\nwarning  clock  slow\n                fix: wind it');
  });

  it('fails for what does not work, not for warnings', () => {
    expect(() => demandHealth(ROWS)).not.toThrow();
    expect(() => demandHealth([...ROWS, { check_id: 'disk', ...problem('full', 'rm') }])).toThrow(
      'not well: disk',
    );
  });

  it('goes on after a check that breaks', async () => {
    const spec = { title: 'A', part: 'disk', why: 'It matters.' } as const;
    const broken = { ...spec, id: 'a', run: () => Promise.reject(new Error('oh')) };
    const well = { ...spec, id: 'b', run: () => ok('well') };
    expect(await examine([broken, well], { clock: systemClock })).toMatchObject([
      { check_id: 'a', severity: 'notice', measured: false, found: 'could not be measured: oh' },
      { check_id: 'b', severity: 'ok', measured: true },
    ]);
  });
});
