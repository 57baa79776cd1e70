import { ok, problem, type Finding } from './finding.js';
import type { Ways } from './ways.js';

/** Asks a Redis for its version; rejects with what is wrong. */
export type AskRedis = (signal: AbortSignal) => Promise<string>;

/** `shown` is the address without its password; undefined: no bus is set. */
export async function checkRedis(
  ask: AskRedis,
  shown: string | undefined,
  ways: Pick<Ways, 'set'>,
  signal: AbortSignal,
): Promise<Finding> {
  if (shown === undefined) return ok('not used');
  try {
    return ok(`${shown} answers, version ${await ask(signal)}`);
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    if (/NOAUTH|WRONGPASS|NOPERM/.test(text))
      return problem(`${shown} does not let us in`, ways.set('bus', 'redis://user:password@host:6379'));
    const local = shown.startsWith('/') || /\/\/(?:localhost|127\.|\[::1\])/.test(shown);
    return problem(
      `${shown} does not answer`,
      local
        ? 'sudo apt-get install -y redis-server && sudo systemctl enable --now redis-server'
        : `redis-cli -u ${shown} ping`,
    );
  }
}
