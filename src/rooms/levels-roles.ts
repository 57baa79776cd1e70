import { RoleLimits, type Role } from '../protocol/index.js';

/** Where a house keeps how loud people of a role may turn it. */
export interface KeptLimits {
  read(): string | undefined;
  write(text: string): void;
}

const NONE: RoleLimits = { user: 1, device: 1 };

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

  of(role: Role): number {
    return role === 'user' || role === 'device' ? this.#limits[role] : 1;
  }

  /** What is absent stays. On disk when it returns. */
  set(change: { readonly user?: number | undefined; readonly device?: number | undefined }): RoleLimits {
    const { user = this.#limits.user, device = this.#limits.device } = change;
    const next = { user, device };
    if (user !== this.#limits.user || device !== this.#limits.device) this.#kept?.write(JSON.stringify(next));
    this.#limits = next;
    return next;
  }
}

function parsed(text: string | undefined): RoleLimits | undefined {
  if (text === undefined) return undefined;
  try {
    const limits = RoleLimits.safeParse(JSON.parse(text));
    return limits.success ? limits.data : undefined;
  } catch {
    return undefined;
  }
}
