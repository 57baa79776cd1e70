// Builds the Debian package: one for amd64 and arm64, with its modules inside. Plain Node and dpkg-deb; needs no root.
//   npm run deb -- [--out FOLDER] [--version 1.2.3] [--no-build]
//   npm run deb -- --app FOLDER [--no-build]    only what runs, without a package around it, for the image
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const pack = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'dist', 'deb') },
    version: { type: 'string', default: pack.version },
    app: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
  },
});

/** What is needed to run, never to develop: by ending, and by name directly below a package. */
const NOT_RUN = new Set([
  '.map',
  '.md',
  '.markdown',
  '.ts',
  '.cts',
  '.mts',
  '.flow',
  '.gyp',
  '.gypi',
  '.tsbuildinfo',
  '.c',
  '.cc',
  '.cpp',
  '.h',
]);
const NOT_RUN_FOLDERS = new Set([
  'test',
  'tests',
  'docs',
  'doc',
  'example',
  'examples',
  'benchmark',
  'benchmarks',
  '.github',
]);
const LICENCE = /^(licen[cs]e|copying|notice)/i;
/** Of a package with binaries: the ones of Debian on a PC and on a Raspberry Pi. */
const BINARIES = /^node_modules\/@photostructure\/sqlite\/prebuilds\/linux-(x64|arm64)\/[^/]*glibc\.node$/;

function fail(text) {
  process.stderr.write(`build-deb: ${text}\n`);
  process.exit(1);
}

function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 2, 2], cwd: root, ...options });
  if (error || status !== 0) fail(`${program} ${args.join(' ')} failed`);
}

function put(path, content, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/** Copies files that `wanted` says yes to; empty folders are left out, and modes are made what a package has. */
function copy(from, to, wanted = () => true) {
  const stat = lstatSync(from);
  if (stat.isDirectory())
    for (const name of readdirSync(from).sort()) copy(join(from, name), join(to, name), wanted);
  else if (stat.isFile() && wanted(from)) {
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
    chmodSync(to, stat.mode & 0o100 ? 0o755 : 0o644);
  }
}

/** The packages that the lockfile has for running, each in its folder, without what only other systems load. */
function modules() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
    .map(([path]) => path);
}

function copyModules(to) {
  for (const path of modules()) {
    const from = join(root, path);
    if (!existsSync(from)) fail(`${path} is not installed; run: npm ci`);
    copy(from, join(to, path), (file) => {
      const inside = relative(from, file).split('/');
      // What lies in it belongs to another line of the lockfile.
      if (inside.includes('node_modules')) return false;
      if (inside.some((part) => part === 'prebuilds' || part === 'build'))
        return keptBinary(relative(root, file));
      if (extname(file) === '.node') return false;
      if (LICENCE.test(inside.at(-1) ?? '')) return true;
      return !NOT_RUN.has(extname(file)) && !NOT_RUN_FOLDERS.has(inside.length > 1 ? inside[0] : '');
    });
  }
}

/** In a folder of binaries only ours count; elsewhere `build` is an ordinary folder of JavaScript. */
function keptBinary(path) {
  if (BINARIES.test(path)) return true;
  return !path.includes('/prebuilds/') && !NOT_RUN.has(extname(path)) && extname(path) !== '.node';
}

/** Path below the package -> what dpkg keeps when a person has changed it. */
const CONFFILES = ['/etc/default/tutti', '/etc/tutti/tutti.yaml', '/etc/needrestart/conf.d/tutti.conf'];

/** The program with its packages, and nothing that is only needed to make or to read it. */
function fillApp(app) {
  const { name, type, license, engines, dependencies } = pack;
  put(
    join(app, 'package.json'),
    `${JSON.stringify({ name, version: values.version, type, license, engines, dependencies }, null, 2)}\n`,
  );
  for (const part of ['src', 'drivers', 'web'])
    copy(
      join(root, 'dist', part),
      join(app, 'dist', part),
      (file) => !/\.(d\.ts|map|tsbuildinfo)$/.test(file),
    );
  copyModules(app);
}

function fill(stage) {
  fillApp(join(stage, 'usr/lib/tutti/app'));

  const units = join(stage, 'usr/lib/systemd/system');
  for (const file of readdirSync(join(root, 'systemd')).filter((file) => /\.(service|socket)$/.test(file)))
    put(join(units, file), readFileSync(join(root, 'systemd', file)));
  put(join(stage, 'usr/lib/sysusers.d/tutti.conf'), readFileSync(join(root, 'systemd/sysusers.conf')));
  for (const file of readdirSync(join(root, 'systemd/libexec')))
    put(join(stage, 'usr/lib/tutti/libexec', file), readFileSync(join(root, 'systemd/libexec', file)), 0o755);

  const debian = join(root, 'packaging/debian');
  put(join(stage, 'usr/bin/tutti'), readFileSync(join(debian, 'tutti')), 0o755);
  put(join(stage, 'etc/default/tutti'), readFileSync(join(debian, 'default')));
  put(join(stage, 'etc/tutti/tutti.yaml'), readFileSync(join(debian, 'tutti.yaml')));
  put(join(stage, 'etc/needrestart/conf.d/tutti.conf'), readFileSync(join(debian, 'needrestart.conf')));

  const doc = join(stage, 'usr/share/doc/tutti');
  put(join(doc, 'copyright'), readFileSync(join(root, 'LICENSE')));
  put(join(doc, 'README.md'), readFileSync(join(root, 'README.md')));
  put(join(doc, 'systemd.md'), readFileSync(join(root, 'systemd/README.md')));
  put(join(doc, 'changelog.Debian.gz'), gzipSync(changelog(), { level: 9 }));
  for (const file of ['default.yaml', 'example.yaml'])
    if (existsSync(join(root, 'config', file)))
      put(join(doc, file), readFileSync(join(root, 'config', file)));
}

/** Whether what is installed is what the lockfile names; after a pull it may not be. */
function packagesFit() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return existsSync(join(root, 'node_modules'));
  const [wanted, there] = [join(root, 'package-lock.json'), installed].map(
    (file) => JSON.parse(readFileSync(file, 'utf8')).packages,
  );
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || there[path]?.version === version,
  );
}

const MAINTAINER = 'The Tutti authors <tutti@localhost>';

function changelog() {
  const when = new Date(statSync(join(root, 'package.json')).mtimeMs).toUTCString().replace('GMT', '+0000');
  return `tutti (${values.version}) stable; urgency=medium\n\n  * See the history of the repository.\n\n -- ${MAINTAINER}  ${when}\n`;
}

function control(stage) {
  const files = all(stage);
  const kilobytes = Math.ceil(
    files.reduce((sum, file) => sum + Math.max(1024, lstatSync(file).size), 0) / 1024,
  );
  const template = readFileSync(join(root, 'packaging/debian/control'), 'utf8');
  const meta = join(stage, 'DEBIAN');
  put(
    join(meta, 'control'),
    template.replace('@VERSION@', values.version).replace('@SIZE@', String(kilobytes)),
  );
  put(join(meta, 'conffiles'), `${CONFFILES.join('\n')}\n`);
  const sums = files
    .filter((file) => lstatSync(file).isFile() && !CONFFILES.includes(file.slice(stage.length)))
    .map((file) => `${createHash('md5').update(readFileSync(file)).digest('hex')}  ${relative(stage, file)}`);
  put(join(meta, 'md5sums'), `${sums.join('\n')}\n`);
  const debian = (name) => readFileSync(join(root, 'packaging/debian', name), 'utf8');
  for (const script of ['preinst', 'postinst', 'prerm', 'postrm'])
    put(
      join(meta, script),
      debian(script).replace('@COMMON@\n', () => debian('common.sh')),
      0o755,
    );
}

function all(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? all(path) : [path];
    });
}

if (!/^\d[A-Za-z0-9.+~-]*$/.test(values.version)) fail(`${values.version} is no version of a Debian package`);
if (!packagesFit()) run('npm', ['ci', '--no-audit', '--no-fund']);
if (!values['no-build']) run('npm', ['run', '--silent', 'build']);
if (!existsSync(join(root, 'dist/src/main.js'))) fail('there is no build; run: npm run build');
if (values.app === undefined) makePackage();
else fillApp(resolve(values.app));

function makePackage() {
  const stage = mkdtempSync(join(tmpdir(), 'tutti-deb-'));
  try {
    chmodSync(stage, 0o755);
    fill(stage);
    control(stage);
    mkdirSync(values.out, { recursive: true });
    const deb = join(resolve(values.out), `tutti_${values.version}_all.deb`);
    run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', stage, deb]);
    process.stdout.write(`${deb}\n`);
    process.stderr.write(`${(statSync(deb).size / 1024 / 1024).toFixed(1)} MB\n`);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}
