import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchUnit } from '../../drivers/local/launch.js';
import { localDriver } from '../../drivers/local/index.js';
import { argumentsOf, socketPath } from '../../drivers/local/process.js';
import { silentLogger } from '../../src/base/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { MediaFolder } from '../contracts/media-files.js';
import { killMpvs, mpvsOf } from './local-rig.js';

const LIBEXEC = resolve(import.meta.dirname, '../../systemd/libexec');

/** What stands for systemd: it notes what it is told, and starts a unit's process as systemd would, as nobody's child. */
const SYSTEMCTL = `#!/bin/sh
echo "$@" >>"$TUTTI_OUTPUTS.told"
case $1 in
start)
  name=\${2#tutti-output@}
  setsid ${LIBEXEC}/run-output "\${name%.service}" >"$TUTTI_OUTPUTS.said" 2>&1 </dev/null &
  ;;
list-units) cat "$TUTTI_OUTPUTS.running" 2>/dev/null ;;
esac
`;

let music: MediaFolder;
let runtimeDir = '';
let folder = '';
let door: Server | undefined;
let links: DrivenLink[] = [];

beforeAll(async () => {
  music = await MediaFolder.create();
});
afterAll(() => music.remove());

beforeEach(async () => {
  runtimeDir = await mkdtemp(join(tmpdir(), 'tutti-run-'));
  folder = await mkdtemp(join(tmpdir(), 'tutti-outputs-'));
  await writeFile(join(folder, 'systemctl'), SYSTEMCTL);
  await chmod(join(folder, 'systemctl'), 0o755);
  door = await openDoor();
});

afterEach(async () => {
  for (const link of links) await link.close();
  links = [];
  await new Promise((done) => (door ? door.close(done) : done(undefined)));
  await killMpvs(runtimeDir);
  await rm(runtimeDir, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

/** The real program behind a socket, once per connection, as systemd runs it. */
async function openDoor(): Promise<Server> {
  const env = { PATH: `${folder}:/usr/bin:/bin`, TUTTI_OUTPUTS: folder };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const child = spawn(join(LIBEXEC, 'start-output'), { env, stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => undefined);
    socket.on('error', () => undefined);
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
  });
  await new Promise<void>((listening) => server.listen(`${folder}.sock`, listening));
  return server;
}

async function connect(memory?: unknown): Promise<DrivenLink> {
  const definition = localDriver({ folder, prefix: '' });
  const link = await DrivenLink.connect({ definition, options: { ao: 'null' }, runtimeDir, memory });
  links.push(link);
  return link;
}

const launch = (playerId: string, program = 'mpv'): Promise<unknown> =>
  launchUnit({ folder, prefix: '' })(
    { player_id: playerId, program, args: ['--a=b c', '--d'] },
    silentLogger,
    AbortSignal.timeout(20_000),
  );
const told = async (): Promise<string> => readFile(`${folder}.told`, 'utf8').catch(() => '');

describe('an output that is a unit of its own', () => {
  it('plays, and is taken up by the next link', async () => {
    const link = await connect();
    const media = await music.tone(1, { seconds: 30 });
    await link.run({ type: 'load', media, position_seconds: 0, playing: true });
    await link.next('playback', 'it plays', (fact) => fact.ref === media.ref && fact.status === 'playing');
    const pids = await mpvsOf(runtimeDir);
    await link.close();
    const again = await connect(link.memory);
    expect(again.last('playback')).toMatchObject({ ref: media.ref, status: 'playing' });
    expect(await mpvsOf(runtimeDir)).toEqual(pids);
  });

  it('has the command line that the server wrote, and is nobody of the server', async () => {
    await connect();
    const [pid = 0] = await mpvsOf(runtimeDir);
    const wanted = await readFile(join(folder, 'player-under-test'), 'utf8');
    expect(['mpv', ...(await argumentsOf(pid)), ''].join('\n')).toBe(wanted);
    expect(wanted).toContain(socketPath(runtimeDir, 'player-under-test'));
    expect(await readFile(`/proc/${pid}/stat`, 'utf8')).not.toMatch(new RegExp(`\\) \\w ${process.pid} `));
  });

  it('ends with nothing loaded when the link is closed', async () => {
    const link = await connect();
    await link.close();
    expect(await mpvsOf(runtimeDir)).toEqual([]);
  });

  it('that somebody has stopped stays so, with the sentence that says how to start it', async () => {
    await writeFile(join(folder, 'player-under-test.stopped'), '');
    await expect(connect()).rejects.toMatchObject({
      code: 'ERR_PLAYER_OFFLINE',
      message: expect.stringContaining('systemctl start tutti-output@player-under-test.service'),
    });
    expect(await told()).not.toContain('start ');
  });

  it('is not started where sixteen run', async () => {
    await writeFile(`${folder}.running`, 'unit\n'.repeat(16));
    await expect(launch('seventeenth')).rejects.toThrow('16 outputs are running already');
  });

  it('without its door says what starts that', async () => {
    door?.close();
    door = undefined;
    await rm(`${folder}.sock`, { force: true });
    await expect(connect()).rejects.toMatchObject({
      code: 'ERR_PLAYER_OFFLINE',
      message: expect.stringContaining('systemctl start tutti-outputs.socket'),
    });
  });

  it('runs nothing that is no mpv', async () => {
    await writeFile(join(folder, 'shell'), '/bin/sh\n-c\ntrue\n');
    const ran = spawn(join(LIBEXEC, 'run-output'), ['shell'], {
      env: { TUTTI_OUTPUTS: folder, PATH: '/usr/bin:/bin' },
      stdio: 'ignore',
    });
    expect(await new Promise((ended) => ran.once('exit', ended))).toBe(64);
  });
});

describe('the door', () => {
  it.each(['', '../etc', 'a b', '-x', 'x-', '$(id)', 'a.service', 'Ä', 'a;b', 'x'.repeat(65), 'a\0b.c'])(
    'refuses %j as the name of an output',
    async (name) => {
      const child = spawn(join(LIBEXEC, 'start-output'), {
        env: { PATH: `${folder}:/usr/bin:/bin`, TUTTI_OUTPUTS: folder },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end(`${name}\n`);
      let said = '';
      for await (const text of child.stdout) said += String(text);
      expect(said).toBe('that is not the name of an output\n');
      expect(await told()).toBe('');
    },
  );

  it('reads no further than a name goes', async () => {
    const child = spawn(join(LIBEXEC, 'start-output'), {
      env: { PATH: `${folder}:/usr/bin:/bin`, TUTTI_OUTPUTS: folder },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => undefined);
    child.stdin.write('a'.repeat(100_000));
    let said = '';
    for await (const text of child.stdout) said += String(text);
    expect(said).toBe('that is not the name of an output\n');
    child.stdin.destroy();
  });
});
