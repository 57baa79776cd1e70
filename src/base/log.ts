import { pino, type Level } from 'pino';

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

/** JSON lines on stderr. Fields that carry secrets are censored whoever logs them. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      redact: { paths: ['token', 'password', '*.token', '*.password', 'authorization'], censor: '***' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

export const silentLogger: Logger = createLogger('silent');
