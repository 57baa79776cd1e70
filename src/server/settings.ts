import { readFileSync } from 'node:fs';
import { AppError } from '../base/index.js';
import type { Config, SettingKey } from '../config/index.js';
import { DEFAULT_LIMITS, type ServerLimits } from './limits.js';
import type { LiveRules, ServerConfig } from './parts.js';
import type { Tls } from './secure-port.js';

/** Where to listen, by which names, and behind what. Throws ERR_INVALID when the certificate cannot be read. */
export function serverConfig(config: Config, webRoot: string | undefined): ServerConfig {
  return {
    host: config.host,
    port: config.port,
    allowedHosts: config.allowed_hosts,
    allowedOrigins: config.allowed_origins,
    publicUrl: config.public_url,
    trustedProxies: config.trusted_proxies,
    tls: tlsOf(config),
    webRoot,
  };
}

export function serverLimits(config: Config): ServerLimits {
  const perMinute = (burst: number, per_minute: number): ServerLimits['messages'] => ({ burst, per_minute });
  const { message_burst, messages_per_minute, commands_per_minute_per_user } = config;
  return {
    ...DEFAULT_LIMITS,
    clients: config.max_connections,
    clientsPerAddress: config.max_connections_per_ip,
    clientsPerUser: config.max_connections_per_user,
    heartbeatMs: config.heartbeat_interval_seconds * 1000,
    timeoutMs: config.connection_timeout_seconds * 1000,
    messageBytes: config.max_message_bytes,
    queueEvents: config.max_queue_events,
    compression: config.compression,
    messages: perMinute(message_burst, messages_per_minute),
    bytes: perMinute(config.bytes_per_minute, config.bytes_per_minute),
    commandsPerUser: perMinute(2 * message_burst, commands_per_minute_per_user),
    costly: perMinute(
      Math.max(10, config.costly_commands_per_minute / 20),
      config.costly_commands_per_minute,
    ),
    jobStreams: perMinute(config.job_stream_connects_per_minute, config.job_stream_connects_per_minute),
  };
}

/** Live settings that the server goes by that clients are connected to, here or in a gateway. */
export const SERVER_KEYS: readonly SettingKey[] = [
  'allowed_hosts',
  'allowed_origins',
  'max_connections',
  'max_connections_per_ip',
  'max_connections_per_user',
  'connection_timeout_seconds',
  'max_queue_events',
  'messages_per_minute',
  'message_burst',
  'bytes_per_minute',
  'commands_per_minute_per_user',
  'costly_commands_per_minute',
  'job_stream_connects_per_minute',
];

/** The part of both that a running server can be told anew. */
export function liveRules(config: Config): LiveRules {
  const { allowed_hosts: allowedHosts, allowed_origins: allowedOrigins } = config;
  return { limits: serverLimits(config), allowedHosts, allowedOrigins };
}

function tlsOf({ tls_cert, tls_key }: Config): Tls | undefined {
  if (tls_cert === undefined && tls_key === undefined) return undefined;
  if (tls_cert === undefined || tls_key === undefined)
    throw new AppError('ERR_INVALID', 'tls_cert and tls_key belong together: set both or none');
  return { cert: pem('tls_cert', tls_cert), key: pem('tls_key', tls_key) };
}

function pem(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('ERR_INVALID', `${key}: the file cannot be read`, { cause });
  }
}
