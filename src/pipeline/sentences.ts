import type { Gate, GateName } from '../protocol/index.js';

const MAX = 60;

/** A name inside a sentence: of bearable length, without anything that could change the sentence's look. */
export function quoted(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '\u{fffd}');
  const points = Array.from(plain);
  return `“${points.length > MAX ? `${points.slice(0, MAX - 1).join('')}…` : plain}”`;
}

/** A reason to ask a person; the sentence stands without a full stop where others follow it. */
export const gate = (name: GateName, sentence: string): Gate => ({ gate: name, sentence: `${sentence}.` });

export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
