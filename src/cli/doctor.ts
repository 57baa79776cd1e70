import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, systemClock, toError } from '../base/index.js';
import {
  bundle,
  bundleName,
  demandHealth,
  examine,
  hiddenIn,
  houseChecks,
  lines,
  machineChecks,
  settings,
  settingsCheck,
} from '../doctor/index.js';
import type { Check } from '../protocol/index.js';
import { knock } from '../storage/index.js';
import { packageRoot, version } from '../package-root.js';
import type { Arguments } from './arguments.js';
import { fetchBundle, findingsOfServer } from './running-server.js';

type Env = Readonly<Record<string, string | undefined>>;

/** `tutti doctor`: looks at what Tutti needs of this machine and prints what mends what is missing. Throws when something does not work. */
export async function doctor(env: Env, parsed: Arguments, print: (line: string) => void): Promise<void> {
  const checks = await look(env, parsed);
  print(parsed.json ? JSON.stringify(checks, null, 2) : lines(checks));
  demandHealth(checks);
}

/** This machine, and what the server that runs here sees, as far as it says. */
async function look(env: Env, parsed: Arguments): Promise<Check[]> {
  const { config, ways, finding } = settings(env, packageRoot);
  const blind = houseChecks(undefined, () => config.port);
  const seen = (await knock(config.data_dir)) ? await findingsOfServer(parsed, env) : undefined;
  const specs = [
    settingsCheck(finding),
    ...machineChecks({ config, ways, version, askTime: parsed.askTime }),
    ...(seen ? [] : blind),
  ];
  const checks = await examine(specs, { clock: systemClock });
  return [...checks, ...(seen ?? []).filter(({ check_id }) => blind.some(({ id }) => id === check_id))];
}

/** `tutti diagnostics [file]`: what the server that runs gives, else what can be seen without it. The text to print; none when the bundle itself was. */
export async function diagnostics(parsed: Arguments, env: Env): Promise<string> {
  const [wanted] = parsed.rest;
  const { bytes, problem } = await fetchBundle(parsed, env);
  const made = bytes ?? (await alone(env, parsed, problem));
  if (wanted === '-') return printed(made);
  const file = wanted === undefined ? await writeSomewhere(made) : await write(wanted, made);
  const without = bytes ? '' : `\nThe server gave none (${problem}): what only it knows is not in it.`;
  return `${file} is written: settings, checks, figures and the last lines of the log, without passwords, tokens and names of people. Look into it with: zcat ${file}${without}`;
}

/** For who writes it elsewhere: `sudo tutti diagnostics - > file`. */
function printed(bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) =>
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve(''))),
  );
}

/** Here, or where there is room: who needs help may stand in a folder that is not his, before a disk that is full. */
async function writeSomewhere(bytes: Buffer): Promise<string> {
  const name = bundleName(systemClock);
  let refused: unknown;
  for (const folder of ['', tmpdir(), '/dev/shm'])
    for (let n = 1; n <= MOST_OF_A_DAY; n++) {
      const file = join(folder, n === 1 ? name : name.replace('.json', `-${n}.json`));
      try {
        return await write(file, bytes);
      } catch (thrown) {
        refused = thrown;
        if (!existsSync(file)) break;
      }
    }
  throw refused;
}

const MOST_OF_A_DAY = 50;

/** A file of its own, that only its owner may read; nothing is written over, and no half of one is left. */
async function write(file: string, bytes: Buffer): Promise<string> {
  const handle = await open(file, 'wx', 0o600).catch((cause: unknown) => refusal(file, cause));
  try {
    await handle.writeFile(bytes);
  } catch (cause) {
    await rm(file, { force: true });
    return refusal(file, cause);
  } finally {
    await handle.close();
  }
  return file;
}

function refusal(file: string, cause: unknown): never {
  const { code } = cause as NodeJS.ErrnoException;
  throw new AppError(
    'ERR_CONFLICT',
    code === 'EEXIST'
      ? `${file} is there already; give another name: tutti diagnostics other.json.gz`
      : `${file} cannot be written (${code}); give another name: tutti diagnostics /tmp/tutti.json.gz`,
    { cause },
  );
}

async function alone(env: Env, parsed: Arguments, problem: string): Promise<Buffer> {
  const { config } = settings(env, packageRoot);
  const missing = [`state and metrics: ${problem}`];
  const hidden = hiddenBy(config.data_dir, missing);
  return bundle({
    clock: systemClock,
    version,
    config,
    checks: await look(env, parsed),
    log: hidden ? await journal() : [],
    metrics: undefined,
    state: undefined,
    known: hidden?.known ?? [],
    people: hidden?.people ?? [],
    missing,
  });
}

/** Names and secrets that a log may hold. Where nobody can read them, nobody can take them out of it. */
function hiddenBy(dataDir: string, missing: string[]): ReturnType<typeof hiddenIn> | undefined {
  try {
    return hiddenIn(dataDir);
  } catch (thrown) {
    missing.push(`log: names and secrets in it are not known, ${toError(thrown).message}`);
    return undefined;
  }
}

const JOURNAL_MS = 5_000;

/** The last lines of the service, where systemd keeps them. */
function journal(): Promise<string[]> {
  return new Promise((resolve) => {
    const words = ['-u', 'tutti', '-n', '300', '-o', 'cat', '--no-pager'];
    execFile('journalctl', words, { timeout: JOURNAL_MS, maxBuffer: 4 * 1024 * 1024 }, (error, stdout) =>
      resolve(error ? [] : stdout.split('\n').filter((line) => line !== '')),
    );
  });
}
