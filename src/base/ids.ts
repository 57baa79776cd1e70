import { randomFillSync, randomUUID } from 'node:crypto';

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Random bytes that nobody has seen yet: asking for many at once costs as much as asking for twelve. */
const unused = Buffer.alloc(1024);
let used = unused.length;

function randomByte(): number {
  if (used === unused.length) {
    randomFillSync(unused);
    used = 0;
  }
  return unused[used++]!;
}

/** `length` characters from 32 readable ones: 5 bits each, unguessable. */
export function randomId(length = 12): string {
  let id = '';
  for (let at = 0; at < length; at++) id += ALPHABET[randomByte() % 32];
  return id;
}

/** An id as other systems write them too: `550e8400-e29b-41d4-a716-446655440000`. */
export const uuid = (): string => randomUUID();

/** A name as a stable id: `Küche 2` -> `kuche-2`. Empty input gives `x`. */
export function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48);
  return plain === '' ? 'x' : plain;
}

/** 0..1, for jitter and shuffling. Never for secrets: those come from node:crypto. */
export const systemRandom = (): number => Math.random();
