import { AppError, createLogger, systemClock } from '../base/index.js';
import { judgesHere, startApp } from '../app/index.js';
import { mendSettings } from '../backup/index.js';
import { loadSettings, usualFolder, type Loaded } from '../config/index.js';
import { HouseSettings } from '../settings/index.js';
import { outliveTheDisk } from './outlive-disk.js';
import { greeting, type Place } from './greeting.js';
import { openNotifier, type Notifier } from './notify.js';
import { serviceOf } from './service.js';
import { readsAnew, stopSignal } from './stop-signal.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Two lives at once would both write. */
const HELD =
  'a part of the server has not ended, and another life of it cannot begin beside it: start it anew';

/** Runs the server until a signal; resolves when everything is closed. It may live several times: a restored backup begins a new life. */
export async function serve(env: Env, print: (line: string) => void, place: Place): Promise<void> {
  const lives: { notifier?: Notifier } = {};
  while (await live(env, print, place, lives));
}

/** One life of the server; true when another has to begin. */
async function live(
  env: Env,
  print: (line: string) => void,
  place: Place,
  lives: { notifier?: Notifier },
): Promise<boolean> {
  const damaged = await mendSettings({ dataDir: usualFolder(env), wallMs: systemClock.wallMs() });
  const judges = judgesHere();
  const again = (file?: string): Loaded => loadSettings({ env, judges, ...(file !== undefined && { file }) });
  const loaded = again();
  // A terminal is for people: less is said there, unless somebody wants more.
  const quiet = env['TUTTI_LOG_LEVEL'] === undefined && process.stderr.isTTY;
  const log = createLogger(quiet ? 'warn' : loaded.config.log_level);
  for (const sentence of damaged) log.error({ sentence }, 'the settings were damaged');
  const settings = new HouseSettings({ loaded, again, judges, clock: systemClock, log });
  if (!quiet) settings.follow(['log_level'], ({ log_level }) => log.setLevel(log_level));
  const { config } = settings;
  const reload = (): void => void settings.reload('SIGHUP');
  const mortal = outliveTheDisk(log);
  const stop = stopSignal(readsAnew(place, loaded) ? reload : undefined);
  const notifier = (lives.notifier ??= openNotifier(env, { clock: systemClock, log, pid: process.pid }));
  try {
    const leaving = stop.heard;
    const parts = { config, settings, log, leaving, lost: damaged, tz: env['TZ'], ...serviceOf(env) };
    const app = await startApp(parts);
    print(greeting({ ...app, ...config, place }));
    notifier.ready(`Playing at ${app.urls[0] ?? `port ${app.port}`}`);
    const restarting = app.wantsRestart.then((reason) => ({ reason, restart: true }));
    const stopping = stop.heard.then((reason) => ({ reason, restart: false }));
    const { reason, restart } = await Promise.race([stopping, restarting]);
    log.info({ reason, restart }, 'stopping');
    const [ended] = await Promise.all([app.close(), restart ? undefined : notifier.stopping()]);
    if (restart && !ended) throw new AppError('ERR_INTERNAL', HELD);
    return restart;
  } finally {
    mortal();
    stop.end();
  }
}
