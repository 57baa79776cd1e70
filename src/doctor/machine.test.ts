import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../base/index.js';
import { checkDry, checkLocks, checkOutputs, checkRates } from './audio.js';
import { checkBoard, checkHeat } from './board.js';
import { cardsOf, hasDisplay, streamsOf, type Files } from './cards.js';
import { askTime, checkOffset } from './ntp.js';
import { checkGroups, checkRealtime } from './rights.js';
import { waysOf } from './ways.js';
import { checkCard, checkWatches, diskOf, mountOf } from './storage.js';

const quiet = new AbortController().signal;
const ways = waysOf({ root: '/usr/lib/tutti/app', file: '/etc/tutti/tutti.yaml', byVariable: () => false });
const cloned = waysOf({ root: '/home/pi/tutti', file: '/d/tutti.yaml', byVariable: () => false });

/** A machine whose kernel says this. */
function machine(texts: Readonly<Record<string, string>>): Files {
  const paths = Object.keys(texts);
  return {
    read: (path) => Promise.resolve(texts[path]),
    list: (path) => {
      const below = paths
        .filter((one) => one.startsWith(`${path}/`))
        .map((one) => one.slice(path.length + 1).split('/')[0]!);
      return Promise.resolve([...new Set(below)]);
    },
  };
}
const saying = (texts: Readonly<Record<string, string>>) => (program: string) => {
  const text = texts[program];
  return Promise.resolve(text === undefined ? undefined : { code: 0, text });
};

const PI_CARDS = ` 0 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0
                      vc4-hdmi-0
 1 [sndrpihifiberry]: RPi-simple - snd_rpi_hifiberry_dac
                      snd_rpi_hifiberry_dac
`;
const sub = '/proc/asound/card1/pcm0p/sub0';
const RUNNING = `state: RUNNING
owner_pid   : 812
trigger_time: 100.000000000
delay       : 8820
avail       : 13230
avail_max   : 14112
`;
const PARAMS = `access: RW_INTERLEAVED
format: S32_LE
channels: 2
rate: 48000 (48000/1)
period_size: 4410
buffer_size: 22050
`;
const playing = (status = RUNNING, params = PARAMS): Files =>
  machine({ '/proc/asound/cards': PI_CARDS, [`${sub}/status`]: status, [`${sub}/hw_params`]: params });

describe('sound cards', () => {
  it('are read as the kernel has them', async () => {
    expect((await cardsOf(playing())).map(({ id, name }) => `${id}: ${name}`)).toEqual([
      'vc4hdmi0: vc4-hdmi-0',
      'sndrpihifiberry: snd_rpi_hifiberry_dac',
    ]);
    expect(await streamsOf(playing())).toEqual([
      {
        card: 1,
        state: 'RUNNING',
        owner_pid: 812,
        rate_hz: 48_000,
        format: 'S32_LE',
        buffer_frames: 22_050,
        most_free_frames: 14_112,
      },
    ]);
    expect(await streamsOf(playing('closed\n', 'closed\n'))).toEqual([]);
  });

  it.each([
    ['well', RUNNING, 'ok', true],
    ['dry once', RUNNING.replace('14112', '22050'), 'warning', true],
    ['dry now', RUNNING.replace('RUNNING', 'XRUN'), 'warning', true],
    ['silent', 'closed', 'notice', false],
  ])('that are %s', async (_what, status, severity, measured) => {
    const finding = await checkDry(playing(status), 3);
    expect(finding.severity).toBe(severity);
    expect(finding.unknown !== true).toBe(measured);
    expect(finding.figures).toContainEqual({ name: 'corrections of this machine since the start', value: 3 });
  });

  it('of which there are none are not said to be well', async () => {
    expect((await checkDry(machine({}), undefined)).unknown).toBe(true);
    expect((await checkLocks({ ...machine({}), program: () => Promise.resolve(undefined) })).unknown).toBe(
      true,
    );
  });

  it('that convert say so', async () => {
    const name = 'Living room';
    expect((await checkRates(playing(), [{ name, sample_rate_hz: 48_000 }])).severity).toBe('ok');
    expect(await checkRates(playing(), [{ name, sample_rate_hz: 44_100 }])).toMatchObject({
      severity: 'notice',
      found: expect.stringContaining('resampled'),
      figures: [{ name: 'card 1 (S32_LE)', value: 48_000, unit: 'Hz' }],
    });
    expect((await checkRates(playing('closed', 'closed'), [])).unknown).toBe(true);
  });

  it('that another program has for itself', async () => {
    const held = (program: string) => checkLocks({ ...playing(), program: () => Promise.resolve(program) });
    expect((await held('mpv')).severity).toBe('ok');
    expect(await held('kodi.bin')).toMatchObject({
      severity: 'warning',
      found: 'kodi.bin (process 812) has snd_rpi_hifiberry_dac for itself',
      fix: expect.stringContaining('kill 812'),
    });
  });

  const LISTING = "  'auto' (Automatic)\n  'alsa/hdmi:CARD=vc4hdmi0,DEV=0' (HDMI)\n";
  const unplugged = (status: string): Files =>
    machine({ '/proc/asound/cards': PI_CARDS, '/sys/class/drm/card1-HDMI-A-1/status': `${status}\n` });

  it('that are named must be there', async () => {
    const probes = { ...unplugged('connected'), run: saying({ mpv: LISTING }) };
    expect((await checkOutputs(probes, [{ name: 'Desk', output: 'auto' }])).severity).toBe('ok');
    expect(await checkOutputs(probes, [{ name: 'Desk', output: 'alsa/hw:CARD=Gone' }])).toMatchObject({
      severity: 'problem',
      found: expect.stringContaining('Desk wants alsa/hw:CARD=Gone'),
    });
    expect((await checkOutputs({ ...probes, run: saying({}) }, [])).unknown).toBe(true);
    const silent = saying({ mpv: "  'auto' (Automatic)\n  'alsa' (Default)\n" });
    expect((await checkOutputs({ ...probes, run: silent }, [])).unknown).toBe(true);
  });

  it('with nothing plugged in are no good default', async () => {
    const probes = { ...unplugged('disconnected'), run: saying({ mpv: LISTING }) };
    expect(await hasDisplay(machine({}))).toBeUndefined();
    expect(await checkOutputs(probes, [])).toMatchObject({
      severity: 'warning',
      found: expect.stringContaining('HDMI'),
      fix: expect.stringContaining('defaults.pcm.card 1'),
    });
    const served = saying({ mpv: `${LISTING}  'pulse/alsa_output' (Speakers)\n` });
    expect((await checkOutputs({ ...probes, run: served }, [])).severity).toBe('ok');
  });
});

const MOUNTS = `/dev/mmcblk0p2 / ext4 rw,noatime 0 0
/dev/sda1 /srv/my\\040music ext4 ro 0 0
tmpfs /tmp tmpfs rw 0 0
`;

describe('disks', () => {
  it('are found by the folder, also with a space in its name', () => {
    expect(mountOf(MOUNTS, '/srv/my music/a')).toMatchObject({ at: '/srv/my music', readonly: true });
    expect(mountOf(MOUNTS, '/var/lib/tutti')).toMatchObject({ from: '/dev/mmcblk0p2', readonly: false });
    expect(mountOf('', '/x')).toBeUndefined();
    // What a file system with faults does to itself, by the name that Linux has for it since 6.14.
    const faulty = '/dev/mmcblk0p3 /data ext4 rw,noatime,emergency_ro 0 0\n';
    expect(mountOf(MOUNTS + faulty, '/data/state')).toMatchObject({ at: '/data', readonly: true });
    expect(['/dev/mmcblk0p2', '/dev/sdb1', '/dev/nvme0n1p3', 'tmpfs'].map(diskOf)).toEqual([
      'mmcblk0',
      'sdb',
      'nvme0n1',
      undefined,
    ]);
  });

  const card = (more: Readonly<Record<string, string>> = {}): Files =>
    machine({
      '/proc/mounts': MOUNTS,
      '/proc/uptime': '86400.0 1.0',
      '/sys/block/mmcblk0/stat': '1 0 8 0 1 0 200000 0 0 0 0',
      ...more,
    });

  it.each([
    ['is read-only', '/srv/my music', {}, 'problem', 'read-only'],
    ['is an SD card', '/var/lib/tutti', {}, 'notice', 'SD card'],
    [
      'tells its wear',
      '/var',
      { '/sys/block/mmcblk0/device/life_time': '0x01 0x02\n' },
      'ok',
      'can be written',
    ],
    ['is worn out', '/var', { '/sys/block/mmcblk0/device/life_time': '0x0a 0x0b\n' }, 'warning', '110 %'],
    ['has had faults', '/var', { '/sys/fs/ext4/mmcblk0p2/errors_count': '3\n' }, 'warning', '3 faults'],
    [
      'is written to much',
      '/var',
      { '/sys/block/mmcblk0/stat': '1 0 8 0 1 0 90000000 0' },
      'warning',
      'GB a day',
    ],
    ['lives in memory', '/tmp/x', {}, 'ok', 'tmpfs'],
  ])('that %s', async (_what, path, more, severity, found) => {
    expect(await checkCard(card(more), path, ways)).toMatchObject({
      severity,
      found: expect.stringContaining(found),
    });
  });

  it('may have more folders than can be watched', async () => {
    const kernel = machine({ '/proc/sys/fs/inotify/max_user_watches': '8192\n' });
    const watch = (count: number) =>
      checkWatches(kernel, () => Promise.resolve({ count, all: true }), true, quiet);
    expect((await watch(900)).severity).toBe('ok');
    expect(await watch(9000)).toMatchObject({
      severity: 'warning',
      fix: expect.stringContaining('fs.inotify.max_user_watches=524288'),
    });
    expect((await checkWatches(machine({}), () => Promise.resolve(undefined), true, quiet)).unknown).toBe(
      true,
    );
  });
});

describe('permissions', () => {
  const groups = (own: readonly string[], user = 'tutti') =>
    checkGroups(
      {
        user,
        groups: () => Promise.resolve(own),
        read: () => Promise.resolve('root:x:0:\naudio:x:29:\ninput:x:104:\n'),
      },
      ways,
    );

  it('need the group of sound, and name the others', async () => {
    expect((await groups(['tutti', 'audio', 'input'])).severity).toBe('ok');
    expect(await groups(['tutti'])).toMatchObject({
      severity: 'warning',
      fix: 'sudo usermod -aG audio,input tutti && sudo systemctl restart tutti',
    });
    expect((await groups(['audio'])).severity).toBe('notice');
    expect((await groups([], 'root')).severity).toBe('notice');
  });

  it.each([
    ['0', 'notice'],
    ['50', 'ok'],
    ['unlimited', 'ok'],
  ])('of sound before other programs: %s', async (most, severity) => {
    const read = () => Promise.resolve(`Limit  Soft Limit\nMax realtime priority     ${most}    0\n`);
    expect(
      (await checkRealtime({ user: 'tutti', groups: () => Promise.resolve([]), read }, true, cloned))
        .severity,
    ).toBe(severity);
  });
});

describe('the board', () => {
  const board = (texts: Readonly<Record<string, string>>, said: Readonly<Record<string, string>> = {}) => ({
    ...machine(texts),
    run: saying(said),
    kernel: '6.12.25+rpt-rpi-v8',
    arch: 'arm64',
  });
  const at = (milli: number) => ({ '/sys/class/thermal/thermal_zone0/temp': `${milli}\n` });

  it.each([
    [at(48_000), '0x0', 'ok', '48 °C'],
    [at(48_000), '0x50005', 'problem', 'voltage is too low right now'],
    [at(48_000), '0x50000', 'warning', 'since the start'],
    [at(48_000), '0xe0008', 'warning', 'too hot'],
    [at(84_000), '0x0', 'warning', '84 °C'],
    [at(72_000), '0x0', 'notice', 'warm'],
  ])('%j and throttled=%s', async (texts, bits, severity, found) => {
    const probes = board(texts, { vcgencmd: `throttled=${bits}\n` });
    expect(await checkHeat(probes)).toMatchObject({ severity, found: expect.stringContaining(found) });
  });

  it('without a thermometer is not said to be cool', async () => {
    expect((await checkHeat(board({}))).unknown).toBe(true);
  });

  it('says what it is', async () => {
    const texts = {
      '/proc/device-tree/model': 'Raspberry Pi 4 Model B Rev 1.5\0',
      '/etc/os-release': 'NAME=x\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
    };
    expect((await checkBoard(board(texts))).found).toBe(
      'Raspberry Pi 4 Model B Rev 1.5, Debian GNU/Linux 13 (trixie), Linux 6.12.25+rpt-rpi-v8',
    );
  });
});

describe('the time of a time server', () => {
  it('is asked for, and compared', async () => {
    const server = createSocket('udp4');
    server.on('message', (_packet, from) => {
      const answer = Buffer.alloc(48);
      answer[0] = 0x24;
      answer[1] = 2;
      const seconds = (systemClock.wallMs() + 5_000) / 1000 + 2_208_988_800;
      for (const place of [32, 40]) {
        answer.writeUInt32BE(Math.floor(seconds), place);
        answer.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), place + 4);
      }
      server.send('nonsense', from.port, from.address);
      server.send(answer, from.port, from.address);
    });
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address();
      const ask = (signal: AbortSignal) => askTime({ host: '127.0.0.1', port }, systemClock, signal);
      expect(await checkOffset(ask, quiet)).toMatchObject({
        severity: 'warning',
        found: expect.stringMatching(/wrong by [45]\d{3} ms/),
      });
    } finally {
      server.close();
    }
  });

  it('is not asked for unless somebody says so', async () => {
    expect((await checkOffset(undefined, quiet)).unknown).toBe(true);
  });

  it.each([
    [3, 'ok'],
    [900, 'warning'],
    [-90_000, 'warning'],
  ])('that is %i ms off', async (offset_ms, severity) => {
    const answer = () => Promise.resolve({ offset_ms, round_trip_ms: 20 });
    expect((await checkOffset(answer, quiet)).severity).toBe(severity);
  });
});
