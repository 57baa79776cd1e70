import { createLogger } from '../base/index.js';
import { startApp } from '../app/index.js';
import { loadConfig } from '../config/index.js';
import { greeting, type Place } from './greeting.js';

/** Runs the server until a signal; resolves when everything is closed. */
export async function serve(
  env: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
  place: Place,
): Promise<void> {
  const config = loadConfig(env);
  const log = createLogger(
    env['TUTTI_LOG_LEVEL'] === undefined && process.stderr.isTTY ? 'warn' : config.log_level,
  );
  const signal = stopSignal();
  const app = await startApp({ config, log });
  print(greeting({ ...app, ...config, place }));
  const reason = await signal;
  log.info({ reason }, 'stopping');
  await app.close();
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve(name));
  });
}
