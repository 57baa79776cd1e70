import { AppError, type Clock } from '../base/index.js';

/** The status of a service that only a person can mend: systemd does not start it again (RestartPreventExitStatus). EX_CONFIG of sysexits.h. */
export const UNSET_STATUS = 78;
const FAILED_STATUS = 1;

/** Something has to be set before this can run, and no second try changes that. */
export class Unset extends AppError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('ERR_INVALID', message, options);
  }
}

export interface Failure {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** How long the program has run. */
  readonly ranMs: number;
  /** Resolves when somebody wants the program to end. */
  readonly stopped: Promise<unknown>;
}

/** Who ends sooner than this had not come far: his next start would most likely end there too. */
const EARLY_MS = 60_000;
/** A start costs a Raspberry Pi some seconds of all it has, and the journal is on its card. */
const PATIENCE_MS = 10_000;

/**
 * The status with which the program ends. A service that systemd would start again at once (a port is taken, a card is missing) waits a
 * while before it ends, so that its next tries leave the machine to others.
 */
export async function statusOf(error: unknown, { env, clock, ranMs, stopped }: Failure): Promise<number> {
  if ((env['NOTIFY_SOCKET'] ?? '') === '') return FAILED_STATUS;
  if (await isUnset(error)) return UNSET_STATUS;
  if (ranMs > EARLY_MS) return FAILED_STATUS;
  await Promise.race([new Promise<void>((resolve) => clock.after(PATIENCE_MS, resolve)), stopped]);
  return FAILED_STATUS;
}

/** What knows the settings is loaded only here: the remote control does without. */
async function isUnset(error: unknown): Promise<boolean> {
  if (error instanceof Unset) return true;
  return error instanceof AppError && error instanceof (await import('../config/index.js')).BadSettings;
}
