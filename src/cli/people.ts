import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, openWall, silentLogger, systemClock } from '../base/index.js';
import { loadConfig, urlHere, type Config } from '../config/index.js';
import { openDesk, type Desk } from '../people/index.js';
import { SCOPES, type ApiToken, type Scope } from '../protocol/index.js';
import { addressOfServer, knock, migrate, openDb, versionOf, SCHEMA_VERSION } from '../storage/index.js';
import type { Arguments } from './arguments.js';
import { linkLines, type Place } from './greeting.js';

type Env = Readonly<Record<string, string | undefined>>;

/** `tutti token create | list | revoke`, on the server's own machine; the text to print. */
export async function runToken(parsed: Arguments, env: Env): Promise<string> {
  const [verb, tokenId] = parsed.rest;
  switch (verb) {
    case 'create': {
      const { name } = parsed;
      if (name === undefined) throw new AppError('ERR_INVALID', 'a token needs --name: what is it for?');
      const scopes = scopesFrom(parsed.scopes);
      const seconds = parsed.expires === undefined ? undefined : secondsFrom(parsed.expires);
      return (await atDesk(env, (desk) => desk.createToken(name, scopes, seconds))).token;
    }
    case 'list': {
      const tokens = await atDesk(env, (desk) => desk.tokens());
      if (parsed.json) return JSON.stringify(tokens, null, 2);
      return tokens.length === 0 ? 'there are no tokens' : tokens.map(line).join('\n');
    }
    case 'revoke':
      if (tokenId === undefined) throw new AppError('ERR_INVALID', 'which one? tutti token list shows ids');
      await atDesk(env, (desk) => desk.revokeToken(tokenId));
      return `revoked ${tokenId}`;
    case undefined:
    default:
      throw new AppError('ERR_INVALID', 'tutti token create | list | revoke');
  }
}

/** `tutti sign-in-link`, for who is locked out and has the machine; the text to print. */
export async function signInLink(parsed: Arguments, env: Env, place: Place): Promise<string> {
  const config = loadConfig(env);
  const { path, name } = await atDesk(env, (desk) => desk.signInLink(parsed.name));
  const who = name === undefined ? 'makes the first admin' : `signs ${name} in`;
  const { openUrls } = await import('../server/index.js');
  const { protocol, port } = new URL((await addressOfServer(config.data_dir)) ?? urlHere(config));
  const urls =
    config.public_url === undefined
      ? openUrls(config.host, Number(port || config.port), protocol === 'https:')
      : [config.public_url];
  const lines = linkLines(urls, path, place);
  return [`This link ${who}, once and within an hour:`, '', ...lines].join('\n');
}

/** Works on the database of the server of this machine, beside it when it runs, and lets it know. */
async function atDesk<T>(env: Env, work: (desk: Desk) => T): Promise<T> {
  const { data_dir }: Config = loadConfig(env);
  const file = join(data_dir, 'tutti.db');
  if (!existsSync(file))
    throw new AppError('ERR_NOT_FOUND', `there is no database in ${data_dir} yet: start the server once`);
  const running = await knock(data_dir);
  const db = openDb(file);
  let done: T;
  try {
    if (!running) migrate(db);
    else if (versionOf(db) !== SCHEMA_VERSION)
      throw new AppError('ERR_CONFLICT', 'the server that runs is another version: restart it first');
    const wall = openWall({ clock: systemClock, file: join(data_dir, 'clock'), log: silentLogger });
    wall.close();
    done = work(openDesk(db, wall));
  } finally {
    db.close();
  }
  if (running) await knock(data_dir);
  return done;
}

function line({ token_id, name, scopes, expires_at, last_used_at }: ApiToken): string {
  const ends = expires_at === undefined ? '' : `  ends ${expires_at}`;
  return `${token_id}  ${name}  [${scopes.join(', ')}]  ${last_used_at === undefined ? 'never used' : `used ${last_used_at}`}${ends}`;
}

function scopesFrom(words: readonly string[]): Scope[] {
  const scopes = SCOPES.filter((scope) => words.includes(scope));
  if (scopes.length === 0 || words.some((word) => !(SCOPES as readonly string[]).includes(word)))
    throw new AppError('ERR_INVALID', `--scope is one or more of ${SCOPES.join(', ')}`);
  return scopes;
}

function secondsFrom(word: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5})([mhdw])$/.exec(word) ?? [];
  const seconds = Number(count) * ({ m: 60, h: 3600, d: 86_400, w: 604_800 }[unit] ?? 0);
  if (seconds === 0) throw new AppError('ERR_INVALID', '--expires is like 12h, 30d or 8w');
  return seconds;
}
