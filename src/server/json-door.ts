import { AppError } from '../base/index.js';

export const MAX_JSON_DEPTH = 16;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Text from outside as JSON that is safe to hand to a schema: at most 16 levels deep, and no key that names a prototype. Depth is
 * counted before parsing, because a deep value parses but cannot be written again. [EN3] [EN4]
 */
export function parseJson(text: string): unknown {
  if (depthOf(text) > MAX_JSON_DEPTH)
    throw new AppError('ERR_BAD_MESSAGE', `The message is nested deeper than ${MAX_JSON_DEPTH} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('ERR_BAD_MESSAGE', 'The message is not JSON', { cause });
  }
  refuseForbiddenKeys(value, '');
  return value;
}

/** The deepest nesting of brackets outside strings. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}

export function refuseForbiddenKeys(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const here = path === '' ? key : `${path}.${key}`;
    if (FORBIDDEN.has(key))
      throw new AppError('ERR_INVALID', 'A field has a name that is not allowed', { params: { path: here } });
    refuseForbiddenKeys(child, here);
  }
}
