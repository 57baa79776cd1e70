import { accessSync, constants, readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { isForbidden } from '../base/index.js';
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
  const [{ BadSettings, loadConfig, settingsFile, urlHere, usualFolder }, { addressOfServer }] =
    await Promise.all([import('../config/index.js'), import('../storage/index.js')]);
  try {
    const config = loadConfig(env);
    const url = (await addressOfServer(config.data_dir)) ?? urlHere(config);
    return { url, agent: url.startsWith('https:') ? agentFor(config.tls_cert) : undefined };
  } catch (error) {
    if (!(error instanceof BadSettings)) throw error;
    // It goes by what was right before.
    const url = await addressOfServer(usualFolder(env));
    if (url !== undefined) return { url, agent: undefined };
    // Who may only remote-control it: it is where most are.
    if (isKeptFromUs(settingsFile(env)))
      return { url: `http://127.0.0.1:${env['TUTTI_PORT'] || 8080}`, agent: undefined };
    throw error;
  }
}

function isKeptFromUs(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return false;
  } catch (error) {
    return isForbidden(error);
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
