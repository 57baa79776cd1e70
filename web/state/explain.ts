import { ClientError } from '../../src/client/client-error.js';

/** What went wrong, in words for people. */
export function explain(error: unknown): string {
  if (!(error instanceof ClientError)) return 'Something went wrong';
  if (error.code === 'ERR_DISCONNECTED') return 'Not connected: nothing was changed';
  if (error.code === 'ERR_NO_REPLY') return 'Tutti did not answer';
  return error.message.charAt(0).toUpperCase() + error.message.slice(1);
}
