import * as z from 'zod';
import { ok, warning, type Finding } from './finding.js';

/** Written by the package when a new version did not start and the one before runs again; gone with the next upgrade that succeeds. */
export const ROLLED_BACK = '/usr/lib/tutti/rolled-back';

/** `key: value` lines, an empty one, and what the version that did not start said last. */
const Mark = z.object({
  version: z.string().regex(/^\d[\w.+~-]{0,63}$/),
  running: z.string().regex(/^\d[\w.+~-]{0,63}$/),
  at: z.iso.datetime(),
  why: z.enum(['ended', 'late']),
});

/** Whether the last upgrade was taken back: apt says nothing of it afterwards, so that nothing else of the machine is held up. */
export async function checkUpgrade(read: (path: string) => Promise<string | undefined>): Promise<Finding> {
  const text = await read(ROLLED_BACK);
  if (text === undefined) return ok('none was taken back');
  const [head = '', ...rest] = text.slice(0, MOST_READ).split('\n\n');
  const mark = Mark.safeParse(Object.fromEntries(head.split('\n').map(pair)));
  if (!mark.success)
    return warning('one was taken back; the note on it cannot be read', `cat ${ROLLED_BACK}`);
  const { version, running, at, why } = mark.data;
  const last = tellingLine(rest.join('\n\n').split('\n'));
  const figures = [
    { name: 'did not start', value: version },
    { name: 'runs instead', value: running },
    { name: 'taken back', value: at },
  ];
  return warning(
    `${version} was taken back on ${at.slice(0, 10)}: it ${why === 'late' ? 'was not ready in time' : 'ended while it started'}${
      last === undefined ? '' : ` (“${last}”)`
    }. ${running} runs on, on its database as it was before`,
    why === 'late'
      ? `sudo env TUTTI_START_SECONDS=900 apt-get install --reinstall ./tutti_${version}_all.deb   gives it longer`
      : `sudo apt-get install ./tutti_NEWER_all.deb   installs a newer one; journalctl -u tutti --until "${at.slice(0, 19).replace('T', ' ')} UTC" -n 50   says more`,
    figures,
  );
}

const MOST_READ = 16_384;

function pair(line: string): readonly [string, string] {
  const at = line.indexOf(': ');
  return [line.slice(0, at), line.slice(at + 2).trim()];
}

const Logged = z.object({
  level: z.number(),
  msg: z.string(),
  err: z.object({ message: z.string() }).optional(),
});
const ERROR_LEVEL = 50;

/** The line that says why: the program's last word, an error, or else whatever came last. */
function tellingLine(said: readonly string[]): string | undefined {
  const words = said.map(spoken).filter((line) => line !== '');
  const by = (wanted: RegExp): string | undefined => words.findLast((line) => wanted.test(line));
  const line = by(/^tutti: /) ?? by(/^(\w+ )?\w*Error\b/) ?? words.findLast((one) => !NOT_TELLING.test(one));
  if (line === undefined) return undefined;
  const short = line.replace(/^tutti: /, '');
  return short.length > MOST_SAID ? `${short.slice(0, MOST_SAID)}…` : short;
}

const MOST_SAID = 200;
const NOT_TELLING = /^(at |Node\.js v|\^|throw |file:\/\/|[{}])/;

/** What a line of the journal says to people. */
function spoken(line: string): string {
  const plain = line.replace(/\p{Cc}/gu, ' ').trim();
  if (!plain.startsWith('{')) return plain;
  const logged = Logged.safeParse(parsed(plain));
  if (!logged.success) return plain;
  const { level, msg, err } = logged.data;
  return level < ERROR_LEVEL ? '' : `Error: ${err?.message ?? msg}`;
}

function parsed(text: string): unknown {
  try {
    return z.json().parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
