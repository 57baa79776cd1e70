import type * as z from 'zod';
import { AppError, toError, type Logger } from '../base/index.js';
import type { WireError } from '../protocol/index.js';

/** Anything thrown as what a client may read. What is not an AppError is a bug: logged here, and told without its text. [ER2] */
export function wireError(thrown: unknown, log: Logger, where: string): WireError {
  if (thrown instanceof AppError) {
    const { code, message, retryable, params } = thrown;
    return { code, message, retryable, params: { ...params } };
  }
  log.error({ err: toError(thrown), where }, 'a handler failed');
  return { code: 'ERR_INTERNAL', message: 'Something went wrong inside Tutti', retryable: false, params: {} };
}

const MAX_ECHO = 120;

/** The first thing a schema found wrong, as ERR_INVALID with the path of the field. [CM2] */
export function invalid(error: z.ZodError): AppError {
  const { path, message } = firstFault(error.issues);
  const name = path.map(String).join('.').slice(0, MAX_ECHO);
  const text = message.slice(0, MAX_ECHO);
  return new AppError('ERR_INVALID', name === '' ? text : `${name}: ${text}`, { params: { path: name } });
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Of a union the branch with the fewest faults is meant; of unknown fields the first is named. */
function firstFault(issues: readonly z.core.$ZodIssue[]): Fault {
  const issue = issues[0];
  if (!issue) return { path: [], message: 'the request is not valid' };
  if (issue.code === 'unrecognized_keys')
    return { path: [...issue.path, issue.keys[0] ?? ''], message: 'unknown field' };
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const nearest = issue.errors.reduce((best, branch) => (branch.length < best.length ? branch : best));
  const inner = firstFault(nearest);
  return { path: [...issue.path, ...inner.path], message: inner.message };
}
