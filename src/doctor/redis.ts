import { ok, problem, warning, type Finding } from './finding.js';
import type { Ways } from './ways.js';

/** Has a Redis keep something for a moment, as jobs do; rejects with what is wrong. `ms`: what that took. */
export type AskRedis = (signal: AbortSignal) => Promise<{ readonly version: string; readonly ms: number }>;

/** Whoever turns a knob on a gateway waits for two answers. */
const SLOW_MS = 500;
/** What jobs need beside what the bus needs; README.md has the whole user. */
const RIGHTS = '+@read +@write +eval +evalsha -@dangerous +info';

/** `shown` is the address without its password; undefined: no bus is set. */
export async function checkRedis(
  ask: AskRedis,
  shown: string | undefined,
  ways: Pick<Ways, 'set'>,
  signal: AbortSignal,
): Promise<Finding> {
  if (shown === undefined) return ok('not used');
  try {
    const { version, ms } = await ask(signal);
    if (ms <= SLOW_MS) return ok(`${shown} answers, version ${version}`);
    const slow = `${shown} takes ${Math.round(ms)} ms to answer: gateways are as slow`;
    return warning(slow, `${client(shown)} slowlog get`);
  } catch (thrown) {
    return refused(thrown instanceof Error ? thrown.message : String(thrown), shown, ways);
  }
}

function refused(text: string, shown: string, ways: Pick<Ways, 'set'>): Finding {
  const wait = 'downloads and other jobs wait';
  if (/NOPERM.*permissions/.test(text))
    return problem(
      `${shown} lets us in, but its user may not do what jobs need: ${wait}`,
      `${client(shown)} acl setuser tutti ${RIGHTS}`,
    );
  if (/NOAUTH|WRONGPASS|NOPERM/.test(text))
    return problem(`${shown} does not let us in`, ways.set('bus', 'redis://user:password@host:6379'));
  if (text.includes('READONLY'))
    return problem(
      `${shown} is a copy of another Redis and keeps nothing for us: ${wait}`,
      ways.set('bus', 'redis://address-of-that-redis:6379'),
    );
  if (text.includes('OOM'))
    return problem(`${shown} is full (maxmemory): ${wait}`, `${client(shown)} config set maxmemory 0`);
  if (text.includes('MISCONF'))
    return problem(
      `${shown} cannot save to its disk and takes nothing: ${wait}`,
      `${client(shown)} config set stop-writes-on-bgsave-error no`,
    );
  const local = shown.startsWith('/') || /\/\/(?:localhost|127\.|\[::1\])/.test(shown);
  return problem(
    `${shown} does not answer`,
    local
      ? 'sudo apt-get install -y redis-server && sudo systemctl enable --now redis-server'
      : `${client(shown)} ping`,
  );
}

const client = (shown: string): string => `redis-cli ${shown.startsWith('/') ? '-s' : '-u'} ${shown}`;
