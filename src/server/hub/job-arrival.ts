import { randomId, type Clock } from '../../base/index.js';
import type { Entrance } from '../../people/index.js';
import { allows, CLOSE, TOPIC_ACCESS } from '../../protocol/index.js';
import type { JobStreams } from '../job-stream.js';
import type { Present } from './present.js';
import { SignIn } from './sign-in.js';
import type { Arrival } from './upgrades.js';

export interface JobArrivalParts {
  readonly clock: Clock;
  readonly door: Entrance;
  readonly present: Present;
  readonly streams: JobStreams;
}

/** Somebody who wants to hear of one job. They hear no more of it once they may not. */
export function welcomeToJob(
  jobId: string,
  { ws, address, place, identity }: Arrival,
  { clock, door, present, streams }: JobArrivalParts,
): void {
  const end = (code: number): void => ws.close(code, 'not signed in');
  const parts = { clock, door, present, place, address, connectionId: randomId() };
  const signIn = new SignIn(
    {
      ...parts,
      refuse: (_thrown, code) => end(code),
      took(who) {
        if (!allows(TOPIC_ACCESS['job/*'], who)) end(CLOSE.unauthorized);
      },
    },
    identity,
  );
  ws.once('close', () => signIn.close());
  streams.open(jobId, ws);
}
