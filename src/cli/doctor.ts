import { open } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { AppError, systemClock } from '../base/index.js';
import {
  bundle,
  bundleName,
  demandHealth,
  examine,
  houseChecks,
  lines,
  machineChecks,
  settings,
  settingsCheck,
} from '../doctor/index.js';
import type { Check } from '../protocol/index.js';
import { knock } from '../storage/index.js';
import { version } from '../package-root.js';
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
  const { config, finding } = settings(env);
  const blind = houseChecks(undefined, () => config.port);
  const seen = (await knock(config.data_dir)) ? await findingsOfServer(parsed, env) : undefined;
  const specs = [
    settingsCheck(finding),
    ...machineChecks({ config, version, askTime: parsed.askTime }),
    ...(seen ? [] : blind),
  ];
  const checks = await examine(specs, { clock: systemClock });
  return [...checks, ...(seen ?? []).filter(({ check_id }) => blind.some(({ id }) => id === check_id))];
}

/** `tutti diagnostics [file]`: what the server that runs gives, else what can be seen without it. The text to print. */
export async function diagnostics(parsed: Arguments, env: Env): Promise<string> {
  const file = parsed.rest[0] ?? bundleName(systemClock);
  const { bytes, problem } = await fetchBundle(parsed, env);
  await write(file, bytes ?? (await alone(env, parsed, problem)));
  const without = bytes ? '' : `\nThe server gave none (${problem}): what only it knows is not in it.`;
  return `${file} is written: settings, checks, figures and the last lines of the log, without passwords, tokens and names of people. Look into it with: zcat ${file}${without}`;
}

/** A file of its own, that only its owner may read; nothing is written over. */
async function write(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'wx', 0o600).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AppError(
      'ERR_CONFLICT',
      `${file} cannot be written (${code}); give another name: tutti diagnostics other.json.gz`,
      { cause },
    );
  });
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
}

async function alone(env: Env, parsed: Arguments, problem: string): Promise<Buffer> {
  const { config } = settings(env);
  return bundle({
    clock: systemClock,
    version,
    config,
    checks: await look(env, parsed),
    log: await journal(),
    metrics: undefined,
    state: undefined,
    known: [],
    people: [],
    missing: [`state and metrics: ${problem}`],
  });
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
