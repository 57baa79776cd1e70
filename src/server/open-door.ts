import { AppError } from '../base/index.js';
import type { Entrance, Identity } from '../people/index.js';

/** Who everybody is while auth is open. */
export const EVERYBODY: Identity = {
  role: 'admin',
  subject_id: 'everybody',
  session_id: 'open',
  name: 'Everybody',
};

const off = async (): Promise<never> => {
  throw new AppError('ERR_NOT_SUPPORTED', 'Nobody signs in here: auth is open');
};

/** `auth: open`: everybody is admin, nothing is asked, and nothing about anybody ever changes. */
export const openDoor: Entrance = {
  mode: 'open',
  identify: async () => EVERYBODY,
  onChange: () => () => undefined,
  signIn: off,
  signOut: off,
  accessToken: off,
  revokeAccess: off,
  ticket: off,
  seen: async () => undefined,
};
