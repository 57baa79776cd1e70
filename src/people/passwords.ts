import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { AppError, Serial } from '../base/index.js';

/** Keeps and compares passwords. Never blocks the event loop; takes as long for an account without a password as for one with. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** `kept` undefined: there is no such account or it has no password; false then, at the same price. */
  matches(password: string, kept: string | undefined): Promise<boolean>;
}

/** The cost of one guess: 32 MiB and, on one core of a Pi 4, about a third of a second. */
const N = 2 ** 15;
const [R, P, LENGTH] = [8, 1, 32];
/** More would only queue up memory; who comes later is asked to try again. */
const MAX_WAITING = 8;

/** scrypt with a salt for each password, one at a time: two at once would take 64 MiB. */
export function scryptPasswords(): Passwords {
  const turns = new Serial();
  let waiting = 0;
  const derive = async (password: string, salt: Buffer): Promise<Buffer> => {
    if (waiting >= MAX_WAITING) throw new AppError('ERR_BUSY', 'Too many people sign in at once');
    waiting += 1;
    try {
      return await turns.run(() => derived(password, salt));
    } finally {
      waiting -= 1;
    }
  };
  const nobody = `scrypt$${N}$${R}$${P}$${randomBytes(16).toString('base64url')}$${randomBytes(LENGTH).toString('base64url')}`;
  return {
    async hash(password) {
      const salt = randomBytes(16);
      const key = await derive(password, salt);
      return `scrypt$${N}$${R}$${P}$${salt.toString('base64url')}$${key.toString('base64url')}`;
    },
    async matches(password, kept) {
      const [salt, key] = parts(kept ?? nobody);
      return timingSafeEqual(await derive(password, salt), key) && kept !== undefined;
    },
  };
}

function parts(kept: string): [salt: Buffer, key: Buffer] {
  const [, , , , salt = '', key = ''] = kept.split('$');
  if (!kept.startsWith(`scrypt$${N}$${R}$${P}$`))
    throw new AppError('ERR_INTERNAL', 'a kept password is of another kind');
  return [Buffer.from(salt, 'base64url'), Buffer.from(key, 'base64url')];
}

function derived(password: string, salt: Buffer): Promise<Buffer> {
  const options = { N, r: R, p: P, maxmem: 256 * N * R };
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, LENGTH, options, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}
