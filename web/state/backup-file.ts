import * as z from 'zod';
import { ClientError, disconnected } from '../../src/client/client-error.js';
import { WireError } from '../../src/protocol/envelope.js';

/** What is sent at once. */
const PIECE_BYTES = 4_194_304;
const PIECE_MS = 60_000;
const Refused = z.object({ error: WireError });

/** Where the file of a backup is. */
export const backupHref = (backupId: string): string => `api/v1/backups/${encodeURIComponent(backupId)}/file`;

/** Sends a file as the backup that comes in next; `told` hears how much of it is there, 0..1. Rejects with a ClientError. */
export async function sendBackup(file: Blob, told: (share: number) => void): Promise<void> {
  for (let offset = 0; offset === 0 || offset < file.size; offset += PIECE_BYTES) {
    const body = await file.slice(offset, offset + PIECE_BYTES).arrayBuffer();
    const response = await fetch(new URL(`api/v1/backups/incoming?offset=${offset}`, location.href), {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body,
      signal: AbortSignal.timeout(PIECE_MS),
    }).catch(() => {
      throw disconnected();
    });
    if (!response.ok) throw refusal(await response.json().catch(() => undefined));
    told(Math.min(1, (offset + body.byteLength) / Math.max(1, file.size)));
  }
}

function refusal(body: unknown): ClientError {
  const refused = Refused.safeParse(body);
  return refused.success
    ? new ClientError(refused.data.error)
    : new ClientError({ code: 'ERR_BAD_REPLY', message: 'Tutti answered something else', retryable: true });
}
