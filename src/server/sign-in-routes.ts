import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../base/index.js';
import type { Entrance, Origin } from '../people/index.js';
import { SignIn } from '../protocol/index.js';
import { cookieOf, SESSION_COOKIE } from './credentials.js';
import type { HttpPeople } from './http-people.js';
import { publicIdentity } from './hub/sign-in.js';
import { refuseForbiddenKeys } from './json-door.js';
import { invalid } from './wire-errors.js';

const MAX_AGENT = 200;

/** What browsers sign in and out by: the session is in a cookie that no script can read. [AU7] */
export function signInRoutes(app: FastifyInstance, door: Entrance, people: HttpPeople): void {
  app.post('/api/v1/sign-in', async (request, reply) => {
    refuseForbiddenKeys(request.body, '');
    const parsed = SignIn.safeParse(request.body);
    if (!parsed.success) throw invalid(parsed.error);
    const signedIn = await door.signIn(parsed.data, originOf(request, people));
    setCookie(reply, signedIn.session, signedIn.max_age_seconds, people.secure(request));
    return { you: publicIdentity(signedIn.identity) };
  });
  app.get('/api/v1/me', async (request) => ({
    auth: door.mode,
    ...(door.mode === 'required' && { you: publicIdentity(await people.identity(request)) }),
  }));
  app.post('/api/v1/sign-out', async (request, reply) => {
    setCookie(reply, '', 0, people.secure(request));
    await door.signOut(await people.identity(request));
    return {};
  });
  app.post('/api/v1/refresh', async (request) => {
    const { access_token, expires_in_seconds } = await door.accessToken(await people.identity(request));
    return { access_token, expires_in_seconds };
  });
  app.post('/api/v1/ticket', async (request) => {
    const { ticket, expires_in_seconds } = await door.ticket(await people.identity(request));
    return { ticket, expires_in_seconds };
  });
}

function originOf(request: FastifyRequest, people: HttpPeople): Origin {
  const agent = (request.headers['user-agent'] ?? '').slice(0, MAX_AGENT);
  return { address: people.see(request).address, agent, session: cookieOf(request.raw)?.secret };
}

function setCookie(reply: FastifyReply, session: string, maxAgeSeconds: number, secure: boolean): void {
  if (!/^[A-Za-z0-9._~-]*$/.test(session)) throw new AppError('ERR_INTERNAL', 'A session no cookie can hold');
  const cookie = `${SESSION_COOKIE}=${session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${Math.floor(maxAgeSeconds)}`;
  void reply.header('set-cookie', secure ? `${cookie}; Secure` : cookie);
}
