import * as z from 'zod';
import { systemClock, toError, within } from '../base/index.js';
import { COMMANDS, type Check } from '../protocol/index.js';
import type { Arguments } from './arguments.js';
import { tokenFrom } from './remote.js';

type Env = Readonly<Record<string, string | undefined>>;
type Where = Pick<Arguments, 'server' | 'tokenFile'>;

/** The server looks for up to ten seconds first. */
const ANSWER_MS = 30_000;
const LOOK_MS = 14_000;
const LOOK_EVERY_MS = 500;
const MOST_BYTES = 16 * 1024 * 1024;

const WHO =
  'it wants to know who asks: make a token with "tutti token create --name doctor --scope admin", and set TUTTI_TOKEN';

/** The bundle of the server that runs, or why there is none. */
export async function fetchBundle(
  where: Where,
  env: Env,
): Promise<{ readonly bytes?: Buffer; readonly problem: string }> {
  try {
    const answer = await ask(where, env, '/diagnostics');
    if (answer.status === 401 || answer.status === 403) return { problem: WHO };
    if (!answer.ok) return { problem: `it answered ${answer.status}` };
    const bytes = Buffer.from(await answer.arrayBuffer());
    return bytes.length > MOST_BYTES ? { problem: 'it is too long' } : { bytes, problem: '' };
  } catch (thrown) {
    return { problem: `no Tutti answers at ${where.server}: ${toError(thrown).message}` };
  }
}

/** What the doctor of the server that runs finds, after a new look; undefined when it does not say. */
export async function findingsOfServer(where: Where, env: Env): Promise<readonly Check[] | undefined> {
  const limit = {
    clock: systemClock,
    what: 'the doctor of the server',
    ms: LOOK_MS,
    code: 'ERR_BUSY',
  } as const;
  return within(limit, async (signal) => {
    const begun = await ask(where, env, '/doctor/run', { method: 'POST', body: '{}', signal });
    if (begun.status === 401 || begun.status === 403 || begun.status === 404) return undefined;
    for (;;) {
      const answer = await ask(where, env, '/doctor', { signal });
      const report = COMMANDS['doctor:get'].reply.parse(z.json().parse(await answer.json()));
      if (report.state !== 'running') return report.checks;
      await new Promise<void>((resolve) => void systemClock.after(LOOK_EVERY_MS, resolve));
      signal.throwIfAborted();
    }
  }).catch(() => undefined);
}

async function ask(
  { server, tokenFile }: Where,
  env: Env,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const token = await tokenFrom(tokenFile, env);
  const base = new URL(server);
  const headers = {
    origin: base.origin,
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const url = new URL(`/api/v1${path}`, base);
  return fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS), ...init });
}
