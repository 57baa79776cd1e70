import { AppError, type Clock } from '../base/index.js';
import type { ApiToken, Scope } from '../protocol/index.js';
import type { Db } from '../storage/index.js';
import { signInPath } from './links.js';
import { Passes } from './passes.js';
import { Users } from './users.js';
import { written } from './written.js';

/** What the owner of the database does beside a server, whether one runs or not. A running one has to be knocked for afterwards. */
export interface Desk {
  createToken(
    name: string,
    scopes: readonly Scope[],
    expiresInSeconds?: number,
  ): { readonly token: string; readonly token_id: string };
  tokens(): ApiToken[];
  revokeToken(tokenId: string): void;
  /**
   * A path that signs somebody in, once and within an hour: whoever has this name, or the first admin, or makes the first admin when
   * there is none.
   */
  signInLink(name?: string): { readonly path: string; readonly name: string | undefined };
}

export function openDesk(db: Db, clock: Clock): Desk {
  const users = new Users(db);
  const passes = new Passes(db);
  return {
    createToken(name, scopes, expiresInSeconds) {
      const nowMs = clock.wallMs();
      const ends = expiresInSeconds === undefined ? undefined : nowMs + expiresInSeconds * 1000;
      return written(db, () => passes.createToken(name, scopes, ends, nowMs));
    },
    tokens: () => passes.tokens((_id, notedMs) => notedMs, clock.wallMs()),
    revokeToken: (tokenId) => written(db, () => passes.revokeToken(tokenId)),
    signInLink(name) {
      const user = name === undefined ? users.firstAdmin() : users.called(name);
      if (name !== undefined && !user) throw new AppError('ERR_NOT_FOUND', `nobody is called ${name}`);
      const { link } = written(db, () => passes.createLink(user?.user_id, clock.wallMs()));
      return { path: signInPath(link), name: user?.name };
    },
  };
}
