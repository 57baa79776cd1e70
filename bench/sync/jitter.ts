import { fork } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Ground } from '../ground.js';
import { Program } from '../program.js';

export interface JitterChoice {
  readonly listenHost: string;
  readonly targetPort: number;
  /** Each way, every piece: normally distributed, order kept. Timers add up to 1 ms. */
  readonly delayMs: number;
  readonly jitterMs: number;
}

/** A network that delays: TCP connections to `listenHost` reach the port of this machine. In a process of its own. */
export async function startJitter(
  ground: Ground,
  before: readonly string[],
  { listenHost, targetPort, delayMs, jitterMs }: JitterChoice,
): Promise<{ readonly port: number }> {
  const [execPath = process.execPath, ...execArgv] = [...before, process.execPath];
  const args = ['relay', listenHost, String(targetPort), String(delayMs), String(jitterMs)];
  const child = fork(fileURLToPath(import.meta.url), args, {
    execPath,
    execArgv,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  ground.own(new Program(child, 'the delaying network'));
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(Number(message)));
    child.once('exit', () => reject(new Error(`nothing can listen on ${listenHost}`)));
  });
  return { port };
}

function relay(host: string, targetPort: number, delayMs: number, jitterMs: number): void {
  const server = createServer((near) => {
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    near.setNoDelay(true);
    const delay = (): number => Math.max(0, delayMs + jitterMs * normal());
    carry(near, far, delay);
    carry(far, near, delay);
  });
  server.listen(0, host, () => {
    const address = server.address();
    process.send?.(typeof address === 'object' && address ? address.port : 0);
  });
}

function carry(from: Socket, to: Socket, delay: () => number): void {
  const waiting: { readonly dueMs: number; readonly act: () => void }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const drain = (): void => {
    timer = undefined;
    while (waiting[0] && waiting[0].dueMs <= performance.now()) waiting.shift()!.act();
    // Timers are whole milliseconds and may come early.
    if (waiting[0]) timer = setTimeout(drain, Math.max(1, waiting[0].dueMs - performance.now()));
  };
  const later = (act: () => void): void => {
    waiting.push({ dueMs: Math.max(performance.now() + delay(), waiting.at(-1)?.dueMs ?? 0), act });
    timer ??= setTimeout(drain, 1);
  };
  from.on('data', (bytes) => later(() => void (to.writable && to.write(bytes))));
  // What was written before is still sent.
  from.on('end', () => later(() => void to.end()));
  from.on('close', () => later(() => void to.destroySoon()));
  from.on('error', () => to.destroy());
}

function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

if (process.argv[2] === 'relay' && process.argv[1] === fileURLToPath(import.meta.url)) {
  const [host = '', targetPort = '', delayMs = '', jitterMs = ''] = process.argv.slice(3);
  relay(host, Number(targetPort), Number(delayMs), Number(jitterMs));
}
