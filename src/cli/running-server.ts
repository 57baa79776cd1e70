import { once } from 'node:events';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import * as z from 'zod';
import { systemClock, toError, within } from '../base/index.js';
import { COMMANDS, type Check } from '../protocol/index.js';
import type { Arguments } from './arguments.js';
import { findServer } from './find-server.js';
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
    return answer.status === 200
      ? { bytes: answer.bytes, problem: '' }
      : { problem: `it answered ${answer.status}` };
  } catch (thrown) {
    return { problem: `no Tutti answers: ${toError(thrown).message}` };
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
      const report = COMMANDS['doctor:get'].reply.parse(
        z.json().parse(JSON.parse(answer.bytes.toString('utf8'))),
      );
      if (report.state !== 'running') return report.checks;
      await new Promise<void>((resolve) => void systemClock.after(LOOK_EVERY_MS, resolve));
      signal.throwIfAborted();
    }
  }).catch(() => undefined);
}

interface Answer {
  readonly status: number;
  readonly bytes: Buffer;
}

type Asked = Pick<RequestOptions, 'method' | 'signal'> & { readonly body?: string };

async function ask({ server, tokenFile }: Where, env: Env, path: string, asked: Asked = {}): Promise<Answer> {
  const [token, { url: address, agent }] = await Promise.all([
    tokenFrom(tokenFile, env),
    findServer(server, env),
  ]);
  const { body, ...options } = asked;
  const url = new URL(`/api/v1${path}`, address);
  const headers = {
    origin: url.origin,
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const send = url.protocol === 'https:' ? secureRequest : request;
  const sent = send(url, { headers, agent, signal: AbortSignal.timeout(ANSWER_MS), ...options });
  // Also when it breaks off in the middle of the answer, which says so itself.
  sent.on('error', () => undefined).end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MOST_BYTES) throw new Error('its answer is too long');
    pieces.push(piece);
  }
  return { status: answer.statusCode ?? 0, bytes: Buffer.concat(pieces) };
}
