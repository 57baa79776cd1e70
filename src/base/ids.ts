import { randomBytes, randomUUID } from 'node:crypto';

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

/** `length` characters from 32 readable ones: 5 bits each, unguessable. */
export function randomId(length = 12): string {
  let id = '';
  for (const byte of randomBytes(length)) id += ALPHABET[byte % 32];
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
