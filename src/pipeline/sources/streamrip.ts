import { AppError, homeFolder } from '../../base/index.js';
import type { ProgramManner, ProgramOrder } from './program-source.js';

/** The services that it is for: nothing else is given to it, because it finds its own way out. */
const SERVICES = /(?:^|\.)(?:qobuz\.com|tidal\.com|deezer\.com|soundcloud\.com)$/;

/**
 * streamrip as the user has it, with the user's own accounts in its own configuration: nothing secret stands among the arguments. It cannot be
 * told to go through a proxy, so it only gets https addresses of its services.
 */
export const streamrip: ProgramManner = {
  kind: 'streamrip',
  capabilities: { resume: false, several: true, knows_total: false },
  takes: ({ protocol, hostname, port }) =>
    protocol === 'https:' && port === '' && SERVICES.test(hostname.replace(/\.$/, '')),
  args: streamripArguments,
  env: ({ proxy }) => ({ HOME: homeFolder(), http_proxy: proxy, https_proxy: proxy }),
  talk: () => ({ line: () => undefined, title: () => undefined }),
  talks: false,
  fault: ({ complaint }) => {
    if (/No such option|Usage:/.test(complaint))
      return new AppError('ERR_SOURCE', 'This streamrip does not understand how it is called', {
        retryable: false,
      });
    return new AppError('ERR_SOURCE', 'streamrip could not fetch it; its own configuration may say why');
  },
};

export function streamripArguments({ url, out }: ProgramOrder): string[] {
  if (!/^https:\/\/[^\s\p{Cc}]+$/iu.test(url)) throw new AppError('ERR_INVALID', 'This is no web address');
  return ['--folder', out, '--no-db', '--no-progress', 'url', '--', url];
}
