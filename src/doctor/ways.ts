import { existsSync, readFileSync } from 'node:fs';
import { quoted } from '../base/index.js';
import { specFor } from '../config/index.js';

/** What helps differs with how Tutti came to this machine: what is to be typed here. */
export interface Ways {
  /** Sets a setting, and has it count. */
  set(this: void, key: string, value: string | number | boolean): string;
  /** A command of `tutti` itself, with the rights it needs. */
  tutti(this: void, words: string): string;
  /** Has the server begin anew. */
  readonly restart: string;
  /** Opens the config file to change it by hand. */
  readonly edit: string;
  /** Outputs are units of systemd, with a priority of their own. */
  readonly units: boolean;
}

export interface Installed {
  /** The folder of the program. */
  readonly root: string;
  /** The config file, whether it is there or not. */
  readonly file: string;
  /** Whether a variable sets this key, and the file does not count for it. */
  byVariable(this: void, key: string): boolean;
  /** The text of a file; undefined: there is none, or it may not be read. */
  readonly read?: (path: string) => string | undefined;
}

type Kind = 'package' | 'image' | 'clone';

/** As the package, the Dockerfile and who clones the repository put it. */
const kindOf = (root: string): Kind =>
  root.startsWith('/usr/lib/tutti/') ? 'package' : root === '/opt/tutti' ? 'image' : 'clone';

const RESTART: Readonly<Record<Kind, string>> = {
  package: 'sudo systemctl restart tutti',
  image: 'docker restart tutti',
  clone: 'Then end Tutti with Ctrl+C, and start it anew: npm start',
};
const TUTTI: Readonly<Record<Kind, string>> = {
  package: 'sudo tutti',
  image: 'docker exec tutti tutti',
  clone: 'npm run tutti --',
};

export function waysOf({ root, file, byVariable, read = textOf }: Installed): Ways {
  const kind = kindOf(root);
  const at = quoted(file);
  const may = kind === 'package' ? 'sudo ' : '';
  const within = (command: string): string =>
    kind === 'image' ? `docker exec tutti sh -c ${quoted(command)}` : command;
  return {
    restart: RESTART[kind],
    units: kind === 'package',
    tutti: (words) => `${TUTTI[kind]} ${words}`,
    edit: kind === 'image' ? `docker exec tutti cat ${at}` : `${may}nano ${at}`,
    set(key, value) {
      const spec = specFor(key);
      if (byVariable(key))
        return changeOfVariable(kind, spec?.variable ?? `TUTTI_${key.toUpperCase()}`, value);
      const line = `${key}: ${written(value)}`;
      const there = new RegExp(`^${key} *:`, 'm').test(read(file) ?? '');
      const change = there
        ? `${may}sed -i ${quoted(`s|^${key} *:.*|${line.replaceAll('|', '\\|')}|`)} ${at}`
        : `printf ${quoted(`\\n${line}\\n`)} | ${may}tee -a ${at}`;
      if (spec?.live) return within(change);
      return kind === 'clone' ? `${change}   ${RESTART.clone}` : `${within(change)} && ${RESTART[kind]}`;
    },
  };
}

/** A variable wins over the file: it has to be changed where it is set. */
function changeOfVariable(kind: Kind, variable: string, value: string | number | boolean): string {
  if (kind === 'package')
    return `sudo sed -i ${quoted(`s|^${variable}=.*|${variable}=${String(value)}|`)} /etc/default/tutti && ${RESTART.package}`;
  if (kind === 'image')
    return `docker run --env ${variable}=${quoted(String(value))}   with its other words as before`;
  return `${variable}=${quoted(String(value))} npm start`;
}

const written = (value: string | number | boolean): string =>
  typeof value !== 'string' || /^[\w./][\w./-]*$/.test(value) ? String(value) : `"${value}"`;

function textOf(path: string): string | undefined {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
