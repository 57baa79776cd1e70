import { ok, problem, type Finding } from './finding.js';
import type { Ways } from './ways.js';

/** Which process has a port. */
export interface Holder {
  readonly program: string;
  readonly pid: number;
}

export interface PortProbes {
  /** The error code when nobody may listen there now, `EADDRINUSE` or `EACCES`; undefined = free. */
  listen(host: string, port: number): Promise<string | undefined>;
  holder(port: number): Promise<Holder | undefined>;
  /** Whether a Tutti runs on the data folder of these settings. */
  running(): Promise<boolean>;
}

export interface Wanted {
  /** As people say it: `the Snapcast port`. */
  readonly what: string;
  readonly host: string;
  readonly port: number;
  /** The key that sets another, and that of the host. */
  readonly setting: string;
  readonly host_setting?: string;
}

/** Free, or held by the Tutti of this data folder. */
export async function checkPort(
  probes: PortProbes,
  wanted: Wanted,
  ways: Pick<Ways, 'set'>,
): Promise<Finding> {
  const { what, host, port, setting } = wanted;
  if (port === 0) return ok('off, or any free one');
  const code = await probes.listen(host, port);
  if (code === undefined) return ok(`${port} is free`);
  if (code === 'EACCES') return problem(`${port} needs the rights of root`, ways.set(setting, port + 8000));
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return problem(`this machine has no address ${host}`, ways.set(wanted.host_setting ?? 'host', '0.0.0.0'));
  const holder = await probes.holder(port);
  const ours = holder === undefined || /^(?:node|tutti|MainThread)/.test(holder.program);
  if (ours && (await probes.running())) return ok(`${port} is held by the Tutti that runs`);
  if (holder === undefined)
    return problem(
      `${port}, ${what}, is taken by a program of another user`,
      `sudo ss -Hltnp sport = :${port}   or another port: ${ways.set(setting, port + 1)}`,
    );
  return problem(
    `${port}, ${what}, is taken by ${holder.program} (process ${holder.pid})`,
    `sudo kill ${holder.pid}   or another port: ${ways.set(setting, port + 1)}`,
  );
}

/** The first process in what `ss -Hltnp` says. */
export function holderIn(text: string): Holder | undefined {
  const [, program = '', pid = ''] = /users:\(\("([^"]{1,64})",pid=(\d{1,10})/.exec(text) ?? [];
  return pid === '' ? undefined : { program, pid: Number(pid) };
}
