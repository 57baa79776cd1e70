import { createHash, timingSafeEqual } from 'node:crypto';
import { randomId } from '../base/index.js';
import type { Entrance, Identity } from '../people/index.js';

/** The Door, which also lets satellites in by the one token that they all have. Each counts for itself, and may do what satellites do. [SA1] */
export function withSatellites(door: Entrance, token: string): Entrance {
  const expected = digest(token);
  return {
    mode: door.mode,
    identify: async (secret, carrier, address) => {
      const named = carrier === 'message' || carrier === 'bearer';
      if (!named || !timingSafeEqual(digest(secret), expected))
        return door.identify(secret, carrier, address);
      return satellite();
    },
    onChange: (listener) => door.onChange(listener),
    signIn: (request, origin) => door.signIn(request, origin),
    signOut: (identity) => door.signOut(identity),
    accessToken: (identity) => door.accessToken(identity),
    revokeAccess: (identity) => door.revokeAccess(identity),
    ticket: (identity) => door.ticket(identity),
    seen: (sessionIds) => door.seen(sessionIds.filter((id) => !id.startsWith(PREFIX))),
  };
}

const PREFIX = 'satellite-';

function satellite(): Identity {
  const id = `${PREFIX}${randomId()}`;
  return { role: 'device', scopes: ['satellite'], subject_id: id, session_id: id, name: 'Satellite' };
}

/** Of one length, whatever was sent. */
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
