import * as z from 'zod';
import { nearest } from '../base/index.js';

export interface OptionFault {
  /** What stands behind the name of the option: `is no whole number`. */
  readonly reason: string;
  /** A sentence. */
  readonly suggestion?: string | undefined;
}

/** What is wrong with an option of a driver, in words and without the value: it may be a password. */
export function optionFault(issue: z.core.$ZodIssue, written: unknown, schema: z.ZodType): OptionFault {
  const about = aboutOption(schema, String(issue.path[0] ?? ''));
  if (issue.code === 'invalid_type') return ofType(issue, written, about);
  if (issue.code === 'too_small')
    return issue.origin === 'string'
      ? { reason: 'is empty', suggestion: 'Write something behind the colon, or leave it out.' }
      : { reason: `is less than ${String(issue.minimum)}`, suggestion: about };
  if (issue.code === 'too_big')
    return issue.origin === 'string'
      ? { reason: `is longer than ${String(issue.maximum)} letters` }
      : { reason: `is more than ${String(issue.maximum)}`, suggestion: about };
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const near = typeof written === 'string' ? nearest(written, values) : undefined;
    const all = `It may be ${values.join(', ')}.`;
    return {
      reason: 'is not one of its values',
      suggestion: near === undefined ? all : `Did you mean ${near}? ${all}`,
    };
  }
  if (issue.code === 'invalid_format') return { reason: 'does not have the right form', suggestion: about };
  return { reason: issue.code === 'custom' ? issue.message : 'is not what it takes', suggestion: about };
}

function ofType(
  { expected }: z.core.$ZodIssueInvalidType,
  written: unknown,
  about: string | undefined,
): OptionFault {
  if (expected === 'string') return { reason: 'is no text', suggestion: 'Put it into quotes.' };
  if (typeof written === 'string' && /^\s*\d+\s*$/.test(written))
    return { reason: 'is a text, no number', suggestion: 'Write it without quotes.' };
  const wanted = expected === 'int' ? 'whole number' : expected;
  return { reason: `is no ${wanted}`, suggestion: about };
}

function aboutOption(schema: z.ZodType, name: string): string | undefined {
  const field: unknown = schema instanceof z.ZodObject ? schema.shape[name] : undefined;
  const said = field instanceof z.ZodType ? field.description : undefined;
  return said === undefined ? undefined : `It is: ${said.replace(/\.?$/, '.')}`;
}
