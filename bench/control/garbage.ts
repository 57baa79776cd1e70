import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as z from 'zod';

const Collector = z.custom<() => void>((value) => typeof value === 'function');

/** Frees at once what nobody needs any more, so that memory can be compared. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = Collector.parse(runInNewContext('gc'));
  collect();
  collect();
}
