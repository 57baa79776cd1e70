import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTarget } from '../../src/pipeline/targets/kinds.js';
import type { Place, ScanTarget } from '../../src/pipeline/targets/contract.js';
import type { TargetParts } from '../../src/pipeline/targets/target-parts.js';
import { FakeSubsonic } from '../fakes/fake-subsonic.js';
import { startMpd } from '../fakes/real-mpd.js';
import { SteppingClock } from '../fakes/stepping-clock.js';

const PASSWORD = 'sesame öffne dich';
const KEY = 'api-key-123';
const hopeless = (): AbortSignal => new AbortController().signal;

describe('[TG2] Subsonic', () => {
  let dir: string;
  let server: FakeSubsonic;
  let clock: SteppingClock;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tutti-subsonic-'));
    clock = new SteppingClock();
    for (const folder of ['rock/A', 'jazz/B']) {
      await mkdir(join(dir, folder), { recursive: true });
      await writeFile(join(dir, folder, '01 - Song.flac'), 'sound');
    }
    const libraries = ['rock', 'jazz'].map((name, id) => ({ id: id + 1, name, dir: join(dir, name) }));
    server = new FakeSubsonic({ user: 'ann', password: PASSWORD, apiKey: KEY, libraries });
    await server.server.start();
  });
  afterEach(async () => {
    await server.server.stop();
    await rm(dir, { recursive: true });
  });

  const make = (change: Partial<TargetParts> = {}): ScanTarget =>
    makeTarget('subsonic', {
      url: `${server.server.url}/`,
      section: 'ann',
      secret: PASSWORD,
      mappings: [
        { ours: join(dir, 'rock'), theirs: '1:' },
        { ours: join(dir, 'jazz'), theirs: '2:' },
      ],
      musicDir: dir,
      clock,
      answerMs: SteppingClock.LIMIT_MS,
      ...change,
    });
  const places = (target: ScanTarget): Place[] =>
    ['rock/A', 'jazz/B'].map((folder) => ({
      folder: target.map(join(dir, folder)) ?? '?',
      proofs: [
        { file: target.map(join(dir, folder, '01 - Song.flac')) ?? '?', title: 'Song', size_bytes: 5 },
      ],
    }));
  const result = (target: ScanTarget): Promise<string> =>
    clock.through(target.scan(places(target), hopeless()).then((scan) => scan.outcome(hopeless()))).then(
      (outcome) => outcome.result,
      (thrown: unknown) => String(thrown),
    );

  it('scans folders of several libraries in one go', async () => {
    expect(await result(make())).toBe('confirmed');
    expect(server.scanned).toEqual(['1:A', '2:B']);
  });

  it('takes an API key in the place of user and password', async () => {
    expect(await result(make({ section: undefined, secret: KEY }))).toBe('confirmed');
    expect(server.server.asked.every(({ url }) => !url.includes(KEY))).toBe(true);
  });

  it('is known by path where it tells real ones', async () => {
    server.realPaths = true;
    const target = make();
    await result(target);
    const [first] = places(target);
    expect(await target.has({ ...first!.proofs[0]!, size_bytes: 0 }, hopeless())).toBe(true);
  });

  it('looks at everything when it knows no folders', async () => {
    server.navidrome = false;
    expect(await result(make())).toBe('confirmed');
    expect(server.scanned).toEqual(['*']);
  });

  it('gets no password in an address, not even where only addresses are read', async () => {
    server.onlyAddresses = true;
    expect(await result(make())).toBe('confirmed');
    expect(server.server.asked.some(({ url }) => /[?&]t=[0-9a-f]{32}/.test(url))).toBe(true);
    expect(
      server.server.asked.every(
        ({ url }) => !decodeURIComponent(url.replaceAll('+', ' ')).includes(PASSWORD),
      ),
    ).toBe(true);
    expect(await result(make({ section: undefined, secret: KEY }))).toMatch(/only in addresses/);
    expect(server.server.asked.every(({ url }) => !url.includes(KEY))).toBe(true);
  });

  it('uses a salt only once', async () => {
    const target = make();
    await target.check(hopeless());
    const salts = server.server.asked.map(({ body }) => new URLSearchParams(body).get('s'));
    expect(new Set(salts).size).toBe(salts.length);
  });

  it('says which library it needs to know, and that it needs an admin', async () => {
    expect(await result(make({ mappings: [] }))).toMatch(/several libraries \(1 = rock, 2 = jazz\)/);
    expect(await result(make({ mappings: [{ ours: dir, theirs: '7:' }] }))).toMatch(/no library 7/);
    server.admin = false;
    expect(await result(make())).toMatch(/admin/);
  });
});

describe('[TG2] what is no MPD', () => {
  let server: Server | undefined;
  afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

  const check = async (talk: string, secret?: string): Promise<unknown> => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(talk);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const url = `mpd://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const parts = { url, section: undefined, secret, mappings: [], musicDir: '/music' };
    const target = makeTarget('mpd', {
      ...parts,
      clock: new SteppingClock(),
      answerMs: SteppingClock.LIMIT_MS,
    });
    return target.check(hopeless()).catch((thrown: unknown) => thrown);
  };

  it.each([
    ['another protocol', 'HTTP/1.1 400 Bad Request\r\n', /greet/],
    ['an endless line', 'x'.repeat((4 << 20) + 5), /far more/],
    ['endless lines', `OK MPD 0.23.5\n${'key: value\n'.repeat(400_000)}`, /far more/],
    ['a refusal', 'ACK [5@0] {} too many connections\n', /too many connections/],
  ])('is found out by %s', async (_, talk, said) => {
    expect(await check(talk)).toMatchObject({ name: 'TargetFault', message: expect.stringMatching(said) });
  });

  it('is not told a password with a line break in it', async () => {
    const thrown = await check('OK MPD 0.23.5\n', 'a\nclear');
    expect(thrown).toMatchObject({ name: 'TargetFault' });
    expect(String(thrown)).not.toContain('clear');
  });
});

it('[TG2] an MPD that permits no update without a password says so at the test', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-mpd-target-'));
  const mpd = await startMpd({ musicDir: dir, password: 'right' });
  const parts = { url: `mpd://127.0.0.1:${mpd.port}`, section: undefined, mappings: [], musicDir: dir };
  const target = makeTarget('mpd', {
    ...parts,
    secret: undefined,
    clock: new SteppingClock(),
    answerMs: SteppingClock.LIMIT_MS,
  });
  await expect(target.check(hopeless())).rejects.toMatchObject({ result: 'refused', fatal: true });
  await mpd.stop();
  await rm(dir, { recursive: true });
});
