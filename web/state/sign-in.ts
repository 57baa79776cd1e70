import * as z from 'zod';
import { ClientError, disconnected } from '../../src/client/client-error.js';
import { WireError, You } from '../../src/protocol/envelope.js';
import type { SignIn } from '../../src/protocol/people.js';
import type { Doorway } from './door.js';
import { explain } from './explain.js';

const ANSWER_MS = 15_000;
const Answer = z.object({ you: You });
const Refused = z.object({ error: WireError });

/** Makes a session: the browser keeps it in a cookie that no script can read. Rejects with a ClientError. */
export async function signIn(request: SignIn): Promise<You> {
  return Answer.parse(await post('sign-in', request)).you;
}

/** Ends the session of this browser; the server then closes its connections. */
export async function signOut(door: Doorway): Promise<void> {
  door.reason.value = 'You are signed out.';
  await post('sign-out', {}).catch((error: unknown) => {
    door.reason.value = undefined;
    throw error;
  });
}

async function post(path: string, body: object): Promise<unknown> {
  const response = await fetch(new URL(`api/v1/${path}`, location.href), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch(() => {
    throw disconnected();
  });
  const json: unknown = await response.json().catch(() => undefined);
  if (response.ok) return json;
  const refused = Refused.safeParse(json);
  throw refused.success
    ? new ClientError(refused.data.error)
    : new ClientError({ code: 'ERR_BAD_REPLY', message: 'Tutti answered something else', retryable: true });
}

/** Why somebody was not let in, in words. */
export function refusalWords(error: unknown, how: SignIn['how']): string {
  if (!(error instanceof ClientError)) return explain(error);
  if (error.code === 'ERR_DISCONNECTED') return 'No answer from Tutti. Is this phone in the same network?';
  if (error.code === 'ERR_CONFLICT') return 'Somebody has this name already. Choose another one.';
  if (error.code === 'ERR_INVALID' && error.params['path'] === 'name') return 'Enter a name.';
  if (error.code !== 'ERR_AUTH_REQUIRED') return explain(error);
  switch (how) {
    case 'password':
      return 'This name and password do not belong together.';
    case 'link':
      return 'This link was used already, or its hour is over. Ask for a new one.';
    case 'invitation':
      return 'This invitation has ended, or everybody it was for is in. Ask for a new one.';
    default:
      return how satisfies never;
  }
}

/** How long nobody is let in from here, after too many attempts. */
export function waitSeconds(error: unknown): number {
  if (!(error instanceof ClientError) || error.code !== 'ERR_RATE_LIMITED') return 0;
  return Math.max(1, Math.ceil(Number(error.params['retry_after_ms'] ?? 1000) / 1000));
}
