import { createLogger } from '../base/index.js';
import { startApp, type App } from '../app.js';
import { loadConfig } from '../config/index.js';

/** Runs the server until a signal; resolves when everything is closed. */
export async function serve(
  env: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
): Promise<void> {
  const config = loadConfig(env);
  const log = createLogger(
    env['TUTTI_LOG_LEVEL'] === undefined && process.stderr.isTTY ? 'warn' : config.log_level,
  );
  const signal = stopSignal();
  const app = await startApp({ config, log });
  print(greeting(app, config.host));
  const reason = await signal;
  log.info({ reason }, 'stopping');
  await app.close();
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve(name));
  });
}

function greeting(app: App, host: string): string {
  const lines = ['', '  Tutti is playing at', ...app.urls.map((url) => `    ${url}`)];
  if (['127.0.0.1', 'localhost', '::1'].includes(host)) {
    lines.push(
      '',
      '  Only this machine can open it. To let phones in (there is no sign-in yet, so only on a network you trust):',
      '    TUTTI_HOST=0.0.0.0 npm start',
    );
  }
  for (const notice of app.notices) lines.push('', `  Note: ${notice.message}`);
  return [...lines, ''].join('\n');
}
