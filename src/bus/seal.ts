import { createHmac, timingSafeEqual } from 'node:crypto';
import type * as z from 'zod';

/**
 * Why a message was not taken. `garbage`: not what we send. `forged`: not signed with the secret. `loop`: our own. `stranger`: of a
 * process that has not come in. `repeated`: its number was there before. `broken`: one of ours, but what it brings cannot be read.
 */
export const DROP_REASONS = ['garbage', 'forged', 'loop', 'stranger', 'repeated', 'broken'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** What was dropped, by reason. */
export class Drops {
  readonly #counts: Record<DropReason, number> = {
    garbage: 0,
    forged: 0,
    loop: 0,
    stranger: 0,
    repeated: 0,
    broken: 0,
  };

  get counts(): Readonly<Record<DropReason, number>> {
    return { ...this.#counts };
  }

  add(reason: DropReason): void {
    this.#counts[reason]++;
  }
}

/** Texts as they go over the bus: a signature, a point, JSON. Without a secret the signature is empty, and nobody is kept out. */
export class Seal {
  readonly #key: Buffer | undefined;

  constructor(secret: string | undefined) {
    this.#key = secret === undefined ? undefined : createHmac('sha256', 'tutti bus').update(secret).digest();
  }

  close(message: object): string {
    const json = JSON.stringify(message);
    return `${this.#sign(json)}.${json}`;
  }

  open<T extends z.ZodType>(text: string, schema: T): z.output<T> | 'garbage' | 'forged' {
    const point = text.indexOf('.');
    if (point < 0 || point > 64) return 'garbage';
    const json = text.slice(point + 1);
    if (!same(text.slice(0, point), this.#sign(json))) return 'forged';
    try {
      const read = schema.safeParse(JSON.parse(json));
      return read.success ? read.data : 'garbage';
    } catch {
      return 'garbage';
    }
  }

  #sign(json: string): string {
    return this.#key === undefined ? '' : createHmac('sha256', this.#key).update(json).digest('base64url');
  }
}

function same(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
