import type { Clock } from '../../base/index.js';
import { TargetFault, type Outcome, type Place, type Proof } from './contract.js';
import { pause } from './pause.js';

/** What one look at a scan showed. */
export interface Look {
  readonly busy: boolean;
  /** A mark of the target that moves only when a scan changed something; undefined where it has none. */
  readonly mark?: string | number | undefined;
}

export interface Following {
  readonly clock: Clock;
  readonly places: readonly Place[];
  /** When it is not busy after it was asked, it has ended: no scan is too quick to be seen. */
  readonly sure?: boolean;
  /** The mark before the scan was asked for. */
  readonly markBefore?: string | number | undefined;
  look(signal: AbortSignal): Promise<Look>;
  has(proof: Proof, signal: AbortSignal): Promise<boolean>;
}

const LOOK_MS = 2000;
/** A scan that was never seen within this time was too quick to see, or did not happen: the files tell. */
const UNSEEN_MS = 20_000;
const LONGEST_MS = 15 * 60_000;
/** After the end a target still works on what it found. */
const PROOF_TRIES = 4;
const PROOF_PAUSE_MS = 5000;
/** Looks in a row that may fail: a target that starts again comes back. */
const MOST_BLIND = 5;

export const STILL_SCANNING: Outcome = {
  result: 'timeout',
  message: 'It is still scanning after 15 minutes. Look at the server itself; it is asked again later.',
};

/** Follows a scan by looks and judges it by the files: a target says neither when it begins nor what came of it. */
export async function follow(following: Following, signal: AbortSignal): Promise<Outcome> {
  const { clock, markBefore, sure = false } = following;
  const startUs = clock.nowUs();
  let mark = markBefore;
  let seen = sure;
  let idle = 0;
  for (;;) {
    await pause(clock, LOOK_MS, signal);
    const look = await patientLook(following, signal);
    idle = look.busy ? 0 : idle + 1;
    seen ||= look.busy;
    if (look.mark !== mark) {
      mark = look.mark;
      seen = true;
      if (hasProofs(following) && !(await missing(following, signal))) return confirmed(following);
    }
    const elapsedMs = (clock.nowUs() - startUs) / 1000;
    if (seen ? idle >= 2 : elapsedMs >= UNSEEN_MS) return judge(following, signal);
    if (elapsedMs >= LONGEST_MS) return STILL_SCANNING;
  }
}

/** Resolves when nothing is busy; false when that takes too long. */
export async function untilIdle(
  { clock, look }: Pick<Following, 'clock' | 'look'>,
  signal: AbortSignal,
): Promise<boolean> {
  const startUs = clock.nowUs();
  while ((await look(signal)).busy) {
    if ((clock.nowUs() - startUs) / 1000 >= LONGEST_MS) return false;
    await pause(clock, LOOK_MS, signal);
  }
  return true;
}

/** After the end of a scan: are our files there? */
export async function judge(following: Following, signal: AbortSignal): Promise<Outcome> {
  if (!hasProofs(following))
    return { result: 'scanned', message: 'It has looked at the folders that music was taken from.' };
  for (let turn = 1; ; turn++) {
    const lost = await missing(following, signal);
    if (!lost) return confirmed(following);
    if (turn === PROOF_TRIES) return unseen(lost);
    await pause(following.clock, PROOF_PAUSE_MS, signal);
  }
}

/** The first file that is not there; undefined when all are. */
export async function missing(
  following: Pick<Following, 'places' | 'has'>,
  signal: AbortSignal,
): Promise<Proof | undefined> {
  for (const proof of following.places.flatMap(({ proofs }) => proofs))
    if (!(await following.has(proof, signal))) return proof;
  return undefined;
}

const hasProofs = ({ places }: Pick<Following, 'places'>): boolean =>
  places.some(({ proofs }) => proofs.length > 0);

export function confirmed({ places }: Pick<Following, 'places'>): Outcome {
  const folders = places.map(({ folder }) => folder).join(', ');
  return {
    result: 'confirmed',
    message: `It has the music of ${folders === '' ? 'its whole library' : folders}.`,
  };
}

const unseen = ({ file }: Proof): Outcome => ({
  result: 'scanned',
  message: `It has looked, but does not have ${file}. Check the path mappings, and whether it may read that folder.`,
});

async function patientLook(following: Following, signal: AbortSignal): Promise<Look> {
  for (let blind = 1; ; blind++) {
    try {
      return await following.look(signal);
    } catch (thrown) {
      if (!(thrown instanceof TargetFault) || thrown.fatal || blind === MOST_BLIND) throw thrown;
      await pause(following.clock, LOOK_MS, signal);
    }
  }
}
