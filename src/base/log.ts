import { pino, type Level, type Logger as PinoLogger } from 'pino';

type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Object first, constant message second, ids not objects. trace wire, debug decision, info lifecycle, warn recovered, error someone must act. */
export interface Logger {
  trace: LogMethod;
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

export type LogLevel = Level | 'silent';

/** A logger whose level may change while it is used, that of its children too. */
export interface LevelLogger extends Logger {
  setLevel(level: LogLevel): void;
}

const ORDER: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** JSON lines on stderr. Fields that carry secrets are censored whoever logs them. */
export function createLogger(level: LogLevel): LevelLogger {
  const all = pino(
    {
      level: 'trace',
      base: null,
      redact: { paths: ['token', 'password', '*.token', '*.password', 'authorization'], censor: '***' },
    },
    destination(),
  );
  const shared = { least: ORDER.indexOf(level) };
  return {
    ...filtered(all, shared),
    setLevel: (next) => {
      shared.least = ORDER.indexOf(next);
    },
  };
}

/** Lines that cannot be written (a full disk below a file of them) are lost: they end nobody who plays music. */
function destination(): ReturnType<typeof pino.destination> {
  const lines = pino.destination({ dest: 2, sync: true });
  lines.on('error', () => undefined);
  return lines;
}

/** pino copies the level to each child when it is made; ours is one for all of them. */
function filtered(log: PinoLogger, shared: { readonly least: number }): Logger {
  const at = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error'): LogMethod => {
    const own = ORDER.indexOf(level);
    return (fields, message) => {
      if (own >= shared.least) log[level](fields, message);
    };
  };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => filtered(log.child(fields), shared),
  };
}

export const silentLogger: Logger = createLogger('silent');
