import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import type { Ground } from '../ground.js';
import { pause, rssMb } from '../program.js';
import { startTutti, type Tutti, type TuttiChoice } from '../tutti.js';

/** People of the house; each connection is one of theirs. */
const PEOPLE = 20;
/** A collection of garbage has ended by then, and its pages are given back. */
const COLLECT_MS = 700;
/** It greets once everything is open, and is healthy before. */
const GREETING_MS = 10_000;

export interface HouseChoice extends TuttiChoice {
  /** Rates as they are by default; otherwise there are none. */
  readonly limited?: boolean;
  /** Programs of this folder that are loaded before the server. */
  readonly preload?: readonly ('garbage' | 'no-pings')[];
}

/** The whole product with people in it: nobody gets in without a token. */
export interface House extends Tutti {
  /** API tokens of different people, which may control rooms. */
  readonly tokens: readonly string[];
  /** A number of /metrics. */
  metric(name: string): Promise<number>;
  /** Megabytes it holds after a collection of garbage. Needs preload `garbage`. */
  restingMb(): Promise<number>;
}

export async function startHouse(ground: Ground, choice: HouseChoice = {}): Promise<House> {
  const { limited = false, preload = [], env, ...rest } = choice;
  const imports = preload.map((name) => `--import=${new URL(`./preload-${name}.js`, import.meta.url).href}`);
  const tutti = await startTutti(ground, {
    ...rest,
    env: {
      TUTTI_AUTH: 'required',
      TUTTI_HOST: '127.0.0.1',
      TUTTI_SNAPCAST: 'off',
      TUTTI_MPD_PORT: '0',
      TUTTI_MAX_CONNECTIONS_PER_USER: '100000',
      TUTTI_COMMANDS_PER_MINUTE_PER_USER: '1000000',
      ...(limited && LIMITED),
      NODE_OPTIONS: [process.env['TUTTI_BENCH_NODE_OPTIONS'] ?? '', ...imports].join(' ').trim(),
      ...env,
    },
  });
  const tokens = await tokensOf(tutti);
  return {
    ...tutti,
    tokens,
    metric: (name) => metric(tutti.port, name),
    async restingMb() {
      process.kill(tutti.pid, 'SIGUSR2');
      await pause(COLLECT_MS);
      return rssMb(tutti.pid);
    },
  };
}

const LIMITED = {
  TUTTI_MESSAGES_PER_MINUTE: '1200',
  TUTTI_MESSAGE_BURST: '40',
  TUTTI_BYTES_PER_MINUTE: '1048576',
  TUTTI_COMMANDS_PER_MINUTE_PER_USER: '2400',
};

const Made = z.looseObject({ token: z.string() });

/** The first admin comes in by the printed link and makes the tokens. */
async function tokensOf({ port, printed }: Tutti): Promise<string[]> {
  const linkIn = (text: string): string | undefined => /#\/sign-in\/([\w-]+)/.exec(text)?.[1];
  for (let waited = 0; linkIn(printed()) === undefined && waited < GREETING_MS; waited += 50) await pause(50);
  const link = linkIn(printed());
  if (link === undefined) throw new Error(`no link was printed: ${printed()}`);
  const post = (path: string, body: object, cookie = ''): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/api/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: `http://127.0.0.1:${port}`, cookie },
      body: JSON.stringify(body),
    });
  const signedIn = await post('sign-in', { how: 'link', link, name: 'Bench' });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0];
  if (cookie === undefined) throw new Error(`nobody could sign in: ${await signedIn.text()}`);
  const tokens: string[] = [];
  for (let n = 0; n < PEOPLE; n++) {
    const made = await post('tokens', { name: `Person ${n}`, scopes: ['control'] }, cookie);
    tokens.push(Made.parse(await made.json()).token);
  }
  return tokens;
}

async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(text);
  if (!found) throw new Error(`/metrics says nothing of ${name}`);
  return Number(found[1]);
}

/** From now on the most that a process holds is counted anew. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Megabytes (10^6) of memory a process held at most. */
export function peakMb(pid: number): number {
  const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(found?.[1]) * 1024) / 1e6;
}
