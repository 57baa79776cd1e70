// What `npm start` and `npm test` run on a fresh clone: packages, programs, build, then the job. Plain Node, no dependencies.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const job = process.argv[2];
process.chdir(root);

/** Program, or a file by its path -> the Debian package that has it. */
const TO_PLAY = { mpv: 'mpv', ffmpeg: 'ffmpeg' };
const TO_TEST = {
  ...TO_PLAY,
  mpd: 'mpd',
  mpc: 'mpc',
  ncmpcpp: 'ncmpcpp',
  tmux: 'tmux',
  chromium: 'chromium',
  pulseaudio: 'pulseaudio',
  pactl: 'pulseaudio-utils',
  flac: 'flac',
  fpcalc: 'libchromaprint-tools',
  snapclient: 'snapclient',
  snapserver: 'snapserver',
  openssl: 'openssl',
  cvlc: 'vlc-bin',
  '/usr/share/doc/vlc-plugin-base': 'vlc-plugin-base',
  '/usr/lib/python3/dist-packages/pychromecast': 'python3-pychromecast',
  'redis-server': 'redis-server',
  '/usr/lib/python3/dist-packages/websockets': 'python3-websockets',
  '/usr/lib/python3/dist-packages/mpd': 'python3-mpd',
  '/usr/lib/python3/dist-packages/jinja2': 'python3-jinja2',
  'yt-dlp': 'yt-dlp',
  curl: 'curl',
  jq: 'jq',
  strace: 'strace',
  aplay: 'alsa-utils',
  '/usr/share/alsa/alsa.conf.d/50-pulseaudio.conf': 'libasound2-plugins',
  gpioset: 'gpiod',
  'systemd-analyze': 'systemd',
  gcc: 'gcc',
  '/usr/include/stdio.h': 'libc6-dev',
  '/usr/include/alsa/asoundlib.h': 'libasound2-dev',
};

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(`tutti: ${text}`);
  process.exit(1);
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 2, 2] });
  if (error || status !== 0) fail(`${program} ${args.join(' ')} failed`);
}

/** Side by side, and what each says when it has ended: they need a core each. */
async function runAll(...commands) {
  const ends = commands.map(
    ([program, ...args]) =>
      new Promise((resolve) => {
        const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
        let said = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
        child.once('error', (error) => (said += error.message));
        child.once('close', (status) => {
          process.stderr.write(said);
          resolve(status === 0 ? undefined : `${program} ${args.join(' ')} failed`);
        });
      }),
  );
  const failed = (await Promise.all(ends)).find((text) => text !== undefined);
  if (failed !== undefined) fail(failed);
}

function has(program) {
  if (program.startsWith('/')) return existsSync(program);
  return (process.env.PATH ?? '').split(':').some((dir) => dir !== '' && existsSync(join(dir, program)));
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node 20.19 or newer is needed, this is ${process.versions.node}`);
}

/** Said before npm and the compiler fail at it with many words: a clone of root, or one that root has started once. */
function demandWritable(...folders) {
  for (const folder of ['.', ...folders.filter((name) => existsSync(name))]) {
    try {
      accessSync(folder, constants.W_OK);
    } catch (error) {
      const mend =
        error.code === 'EROFS'
          ? 'clone it to a disk that can be written'
          : `sudo chown -R "$(id -un):" '${root}'`;
      fail(`${join(root, folder)} cannot be written (${error.code}), and has to be: ${mend}`);
    }
  }
}

/** One at a time in a clone: two that install or build would undo each other. The name is in no folder, and dies with its process. */
async function alone() {
  const name = `\0tutti-setup-${createHash('sha256').update(root).digest('hex').slice(0, 32)}`;
  for (let turn = 0; ; turn++) {
    const server = createServer();
    const code = await new Promise((resolve) =>
      server.once('error', (error) => resolve(error.code)).listen(name, () => resolve('')),
    );
    if (code !== 'EADDRINUSE') return () => server.close();
    if (turn === 0) say('Another npm sets this clone up: waiting for it');
    await pause(500);
  }
}

/** npm packages, when the lockfile is not the one that was installed last. */
function installPackages() {
  const stamp = join('node_modules', '.tutti-installed');
  const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // npm would empty the folder behind a link first, and whoever else uses it stood there without packages.
  if (lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink())
    fail(
      `${join(root, 'node_modules')} is a link to packages of another clone: rm '${join(root, 'node_modules')}'`,
    );
  demandWritable('node_modules');
  say('Installing packages (once, about half a minute)');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, wanted);
}

/** Missing programs are installed when that needs no question (root, or sudo without a password); otherwise the command is said. */
function installPrograms(programs, needed) {
  const packages = [...new Set(Object.keys(programs).flatMap((name) => (has(name) ? [] : [programs[name]])))];
  if (packages.length === 0) return;
  const apt = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  const isRoot = process.getuid?.() === 0;
  const mayInstall =
    has('apt-get') && (isRoot || (has('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0));
  const command = `${isRoot ? '' : 'sudo '}${apt.join(' ')}`;
  if (mayInstall) {
    say(`Installing ${packages.join(', ')}`);
    const [program, ...args] = isRoot ? apt : ['sudo', '-n', ...apt];
    const update = isRoot ? ['apt-get', ['update']] : ['sudo', ['-n', 'apt-get', 'update']];
    const options = {
      stdio: ['ignore', 'ignore', 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    };
    spawnSync(update[0], update[1], options);
    if (spawnSync(program, args, options).status === 0) return;
  }
  const text = `missing: ${packages.join(', ')}. Install with: ${command}`;
  if (needed) fail(text);
  say(`Note: ${text}\nTutti starts without; what needs them says so.`);
}

function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Compiles server and page when a source is newer than the last build. */
function build() {
  const stamp = join('dist', '.built');
  const sources = [
    'src',
    'drivers',
    'web',
    'bench',
    join('test', 'fakes'),
    'package-lock.json',
    'tsconfig.build.json',
    'tsconfig.json',
  ];
  if (existsSync(stamp) && Math.max(...sources.map(newest)) < statSync(stamp).mtimeMs) return;
  demandWritable('dist', join('dist', 'src'), join('dist', 'web'));
  say('Building');
  run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json']);
  run(process.execPath, [
    join('node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    '--config',
    'web/vite.config.ts',
    '--logLevel',
    'warn',
  ]);
  writeFileSync(stamp, '');
}

async function start() {
  process.argv.splice(2, 1, 'serve');
  await import(new URL('dist/src/main.js', import.meta.url).href);
}

/** Types, lint, format, then every test; the last line is taken from the runner's own result. */
async function test() {
  await runAll(
    ['npm', 'run', '--silent', 'check:types'],
    ['npm', 'run', '--silent', 'check:lint'],
    ['npm', 'run', '--silent', 'check:format'],
  );
  mkdirSync('coverage', { recursive: true });
  const result = join('coverage', 'result.json');
  const args = [
    join('node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${result}`,
  ];
  const { status } = spawnSync(process.execPath, [...args, ...process.argv.slice(3)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const { numPassedTests, numFailedTests, numTotalTests } = JSON.parse(readFileSync(result, 'utf8'));
  const other = numTotalTests - numPassedTests - numFailedTests;
  process.stdout.write(
    `${numPassedTests} passed, ${numFailedTests} failed${other > 0 ? `, ${other} skipped` : ''}\n`,
  );
  process.exit(status === 0 && numPassedTests > 0 ? 0 : 1);
}

checkNode();
const done = await alone();
installPackages();
if (job === 'start') {
  installPrograms(TO_PLAY, false);
  build();
  done();
  await start();
} else if (job === 'test') {
  installPrograms(TO_TEST, true);
  build();
  done();
  await test();
} else {
  fail('usage: node setup.mjs start | test');
}
