import { ERRORS, type ErrorCode } from '../protocol/index.js';

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** Machine-readable details for the client; never secrets, stacks or absolute paths. */
  readonly params?: Readonly<Record<string, string | number | boolean | null>>;
  readonly retryable?: boolean;
}

/** The one error that may cross to a client. Branch on `code`, never on `message`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly params: Readonly<Record<string, string | number | boolean | null>>;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.params = options.params ?? {};
    this.retryable = options.retryable ?? ERRORS[code].retryable;
  }
}

/** Anything thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
