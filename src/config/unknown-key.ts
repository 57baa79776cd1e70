import { nearest } from '../base/index.js';
import type { Problem } from './problem.js';
import { SPECS, specFor } from './specs.js';

/** Looking for what was meant takes time: nobody has so many typing errors. */
const MAX_SOUGHT = 50;

/** What is said of a key that is no setting. `before`: so many faults were found before it. */
export function unknownKey(key: string, value: unknown, before: number): Omit<Problem, 'where'> {
  const shown = /^[\w.-]{1,64}$/.test(key) ? key : JSON.stringify(key.slice(0, 64));
  const reason = `${shown} is no setting.`;
  const suggestion =
    (before < MAX_SOUGHT ? meant(key, value) : undefined) ?? '"tutti config show" has them all.';
  return { reason, suggestion };
}

function meant(key: string, value: unknown): string | undefined {
  const variable = /^TUTTI_(.*)$/i.exec(key)?.[1]?.toLowerCase();
  if (variable !== undefined && specFor(variable)) return `In this file it is called ${variable}.`;
  const near = nearestKey(key);
  if (near !== undefined) return `Did you mean ${near}?`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const inside = Object.keys(value).flatMap((inner) => {
    const joined = specFor(`${key}_${inner}`)?.key ?? specFor(inner)?.key;
    return joined ?? [];
  });
  const named = inside.length === 0 ? '' : ` Write ${inside.join(', ')} without indentation.`;
  return `Settings have no sections.${named}`;
}

function nearestKey(key: string): string | undefined {
  if (key.length > 64) return undefined;
  return nearest(
    key,
    SPECS.map((spec) => spec.key),
  );
}
