import { homedir, userInfo } from 'node:os';

/** A word as a shell reads it back. */
export function quoted(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** In an image that runs as some number there is no name for it, and Node refuses to say who that is. */
export function whoAmI(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'nobody');
  }
}

/** The home of the user that this process runs as; `/`, as Docker says it, for one who has none. */
export function homeFolder(): string {
  try {
    return homedir() || userInfo().homedir || '/';
  } catch {
    return '/';
  }
}
