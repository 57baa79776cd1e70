import type { Document, YAMLError } from 'yaml';
import type { Problem } from './problem.js';

/** A fault, and where in the text it is. */
export interface Place extends Omit<Problem, 'where'> {
  readonly offset: number;
}

/** Of one fault the parser says several things; more than so many nobody mends at once. */
const MAX_PLACES = 20;
const QUOTE = 'Put the whole value into quotes.';

/** Everything that keeps a text from being settings, in the words of people who do not know YAML; the first of each line. */
export function syntaxProblems(document: Document.Parsed, text: string): Place[] {
  const places = [
    ...document.errors.map((error) => placed(error, text)),
    ...document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED').map((one) => tag(one, text)),
  ].toSorted((one, other) => one.offset - other.offset);
  const lines = new Set<number>();
  return places
    .filter(({ offset }) => {
      const start = startOfLine(text, offset);
      return !lines.has(start) && lines.add(start);
    })
    .slice(0, MAX_PLACES);
}

/** A text that is not even a list of keys. */
export function noSettings(document: Document.Parsed, text: string): Place {
  const offset = document.contents?.range?.[0] ?? 0;
  const line = lineAt(text, offset);
  const hard = /\u00a0/.test(line) ? ' It has a hard space, which looks like one and is none.' : '';
  return (
    keyWithoutColon(text, offset) ?? {
      offset,
      reason: `settings are expected, as "key: value" lines.${hard}`,
      suggestion: 'For example: port: 8080',
    }
  );
}

type Told = (text: string, offset: number, message: string) => Place;

const TOLD: Readonly<Partial<Record<YAMLError['code'], Told>>> = {
  TAB_AS_INDENT: (_text, offset) => ({
    offset,
    reason: 'a line begins with a tab.',
    suggestion: 'Indent with spaces.',
  }),
  BAD_INDENT: (text, offset, message) =>
    message.startsWith('Flow') ? missing(text, offset, message) : badIndent(offset),
  MULTIPLE_DOCS: (_text, offset) => ({
    offset,
    reason: 'a second part begins here.',
    suggestion: 'Remove the line ---.',
  }),
  BLOCK_AS_IMPLICIT_KEY: nested,
  MULTILINE_IMPLICIT_KEY: (text, offset) => keyWithoutColon(text, offset) ?? nested(text, offset),
  MISSING_CHAR: missing,
  UNEXPECTED_TOKEN: behind,
  BAD_SCALAR_START: wrongSign,
  BAD_ALIAS: wrongSign,
  BAD_DQ_ESCAPE: (_text, offset) => ({
    offset,
    reason: 'between "" a backslash stands for something else.',
    suggestion: "Use '' instead.",
  }),
};

function placed({ code, message, pos: [offset] }: YAMLError, text: string): Place {
  const told = TOLD[code];
  if (told) return told(text, offset, message);
  const deep = /call stack|depth/i.test(message) || code === 'RESOURCE_EXHAUSTION';
  const why = deep ? 'it is nested far too deeply.' : message.replace(/\.?$/, '.');
  return { offset, reason: `this is not understood: ${why}` };
}

function wrongSign(text: string, offset: number): Place {
  const sign = text.slice(offset, offset + 1);
  return { offset, reason: `a value cannot begin with ${sign}.`, suggestion: QUOTE };
}

function badIndent(offset: number): Place {
  return {
    offset,
    reason: 'this line is indented in another way than its neighbours.',
    suggestion: 'Let what belongs together begin in the same column.',
  };
}

/** A value with a colon in it, or one that is followed by a line further in. */
function nested(text: string, offset: number): Place {
  const line = lineAt(text, offset);
  const value = line.slice(offset - startOfLine(text, offset));
  if (/:(\s|$)/.test(value.trimEnd()) || value.startsWith(':'))
    return { offset, reason: 'this value has a colon of its own.', suggestion: QUOTE };
  const next = startOfLine(text, offset) + line.length + 1;
  const indent = /^\s*/.exec(text.slice(next))?.[0].length ?? 0;
  return badIndent(next < text.length ? next + indent : offset);
}

function missing(text: string, offset: number, message: string): Place {
  if (message.includes('without - indicator')) return badIndent(offset);
  const quote = /closing (["'])/.exec(message)?.[1];
  if (quote !== undefined) {
    const open = openQuote(text, quote);
    const reason = `the text in ${quote}${quote} begins here and does not end.`;
    return { offset: open, reason, suggestion: `Write ${quote} at its end.` };
  }
  const bracket = /end with a ([\]}])/.exec(message)?.[1];
  if (bracket !== undefined)
    return { offset, reason: `what was opened before is not closed.`, suggestion: `Write ${bracket} here.` };
  return (
    keyWithoutColon(text, offset) ?? {
      offset,
      reason: 'a key, a colon and a space are expected.',
      suggestion: 'For example: port: 8080',
    }
  );
}

/** `port:8080`, `port = 8080` */
function keyWithoutColon(text: string, offset: number): Place | undefined {
  const line = lineAt(text, offset);
  const match = /^\s*(?:export\s+)?([A-Za-z][\w-]*)(\s*=\s*|:)(.*)$/.exec(line);
  if (!match || /^\s/.test(match[3] ?? '')) return undefined;
  const [, key = '', between = '', value = ''] = match;
  const reason = between.includes('=')
    ? 'between a key and its value stands a colon, not =.'
    : 'a space is missing behind the colon.';
  // What was written may be a password.
  const shown = /pass|secret|token|bus/i.test(key) ? '…' : value.trim().slice(0, 60);
  const plain = key.startsWith('TUTTI_') ? key.slice('TUTTI_'.length).toLowerCase() : key;
  return { offset: startOfLine(text, offset), reason, suggestion: `Write: ${plain}: ${shown}` };
}

/** Something behind the end of a bracket: `[::1]:8080`, `[network]` and settings below it. */
function behind(text: string, offset: number): Place {
  const before = lineAt(text, startOfLine(text, offset) - 2);
  if (/^\[[\w .-]+\]\s*$/.test(before))
    return {
      offset: startOfLine(text, startOfLine(text, offset) - 2),
      reason: 'settings have no sections in brackets.',
      suggestion: 'Remove this line.',
    };
  return { offset, reason: 'something stands behind the end of the value.', suggestion: QUOTE };
}

function tag({ pos: [offset] }: YAMLError, text: string): Place {
  const word = /^\S{1,40}/.exec(text.slice(offset))?.[0] ?? '!';
  return {
    offset,
    reason: `${word} means nothing here.`,
    suggestion: 'Write the value itself; put it into quotes when it begins with !.',
  };
}

/** Where the quote that was never closed is likely to be: in the first line that has an odd number of them. */
function openQuote(text: string, quote: string): number {
  let start = 0;
  for (const line of text.split('\n')) {
    const found = [...line.matchAll(quote === '"' ? /(?<!\\)"/g : /'/g)];
    const last = found.at(-1);
    if (found.length % 2 === 1 && last && !line.trimStart().startsWith('#')) return start + last.index;
    start += line.length + 1;
  }
  return Math.max(0, text.lastIndexOf(quote));
}

function startOfLine(text: string, offset: number): number {
  return offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

function lineAt(text: string, offset: number): string {
  const start = startOfLine(text, offset);
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? text.length : end).replace(/\r$/, '');
}
