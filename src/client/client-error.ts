import type { ErrorCode, WireError } from '../protocol/index.js';

/** What can go wrong on this side of the wire. */
export type LocalErrorCode = 'ERR_DISCONNECTED' | 'ERR_NO_REPLY' | 'ERR_BAD_REPLY';

/** Why a command was not done, or is not known to have been done. Branch on `code`, never on `message`. */
export class ClientError extends Error {
  readonly code: ErrorCode | LocalErrorCode;
  /** The same command may succeed later without a change. */
  readonly retryable: boolean;
  readonly params: WireError['params'];

  constructor(error: {
    code: ErrorCode | LocalErrorCode;
    message: string;
    retryable: boolean;
    params?: WireError['params'];
  }) {
    super(error.message);
    this.name = 'ClientError';
    this.code = error.code;
    this.retryable = error.retryable;
    this.params = error.params ?? {};
  }
}

export function disconnected(): ClientError {
  return new ClientError({
    code: 'ERR_DISCONNECTED',
    message: 'not connected to Tutti',
    retryable: true,
  });
}
