import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits, as text for cookies and links. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** How secrets are kept. They are random and long, so that a fast hash without salt is enough; passwords are another matter. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
