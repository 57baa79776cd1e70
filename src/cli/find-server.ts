import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { serverUrl } from './server-url.js';

type Env = Readonly<Record<string, string | undefined>>;

/** A server to ask, and what to believe of it. */
export interface Server {
  readonly url: string;
  /** What knows its certificate, where not everybody can judge that. */
  readonly agent: Agent | undefined;
}

/**
 * The server that was named, else that of this machine: it says itself where it is, and while it does not, its settings say. Throws BadSettings
 * for settings that no server begins with, when none runs.
 */
export async function findServer(named: string | undefined, env: Env): Promise<Server> {
  if (named !== undefined) return { url: serverUrl(named), agent: undefined };
  // Who names a server needs none of this.
  const [{ BadSettings, loadConfig, urlHere, usualFolder }, { addressOfServer }] = await Promise.all([
    import('../config/index.js'),
    import('../storage/index.js'),
  ]);
  try {
    const config = loadConfig(env);
    const url = (await addressOfServer(config.data_dir)) ?? urlHere(config);
    return { url, agent: url.startsWith('https:') ? agentFor(config.tls_cert) : undefined };
  } catch (error) {
    // It goes by what was right before.
    const url = error instanceof BadSettings ? await addressOfServer(usualFolder(env)) : undefined;
    if (url === undefined) throw error;
    return { url, agent: undefined };
  }
}

/** The certificate is for the names of the house, and perhaps signed by itself: here it is known as the one that the settings name. */
function agentFor(certificate: string | undefined): Agent | undefined {
  try {
    if (certificate === undefined) return undefined;
    const ca = readFileSync(certificate, 'utf8');
    return new Agent({ ca, allowPartialTrustChain: true, checkServerIdentity: () => undefined });
  } catch {
    return undefined;
  }
}
