import { RoleLimits, type CommandRequest, type Role } from '../protocol/index.js';

/** Where a house keeps how loud people of a role may turn it. */
export interface KeptLimits {
  read(): string | undefined;
  write(text: string): void;
}

const NONE: RoleLimits = { user: 1, device: 1, user_quiet: 1, device_quiet: 1 };

/**
 * How loud somebody may turn anything, by role. It holds for commands alone: whose hand is at a knob of a loudspeaker nobody knows. What an
 * admin turned louder stays, and others may turn it down.
 */
export class LimitsOfRoles {
  readonly #kept: KeptLimits | undefined;
  #limits: RoleLimits;

  constructor(kept?: KeptLimits) {
    this.#kept = kept;
    this.#limits = parsed(kept?.read()) ?? NONE;
  }

  get all(): RoleLimits {
    return this.#limits;
  }

  /** `quiet`: while the room has quiet hours. */
  of(role: Role, quiet: boolean): number {
    if (role !== 'user' && role !== 'device') return 1;
    const limit = this.#limits[role];
    return quiet ? Math.min(limit, this.#limits[`${role}_quiet`]) : limit;
  }

  /** What is absent stays. On disk when it returns. */
  set(change: CommandRequest<'house:limits'>): RoleLimits {
    const next = over(this.#limits, change);
    const text = JSON.stringify(next);
    if (text !== JSON.stringify(this.#limits)) this.#kept?.write(text);
    this.#limits = next;
    return next;
  }
}

function over(limits: RoleLimits, change: CommandRequest<'house:limits'>): RoleLimits {
  return {
    user: change.user ?? limits.user,
    device: change.device ?? limits.device,
    user_quiet: change.user_quiet ?? limits.user_quiet,
    device_quiet: change.device_quiet ?? limits.device_quiet,
  };
}

/** What was written before there were limits for quiet hours has none of them. */
const Kept = RoleLimits.partial();

function parsed(text: string | undefined): RoleLimits | undefined {
  if (text === undefined) return undefined;
  try {
    const kept = Kept.safeParse(JSON.parse(text));
    return kept.success ? over(NONE, kept.data) : undefined;
  } catch {
    return undefined;
  }
}
