import * as z from 'zod';

/** `tcp://host:port` */
const SOURCE = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[^\s/:[\]]+):(\d{1,5})$/;

export const SnapserverOptions = z.strictObject({
  host: z.string().min(1).max(255).describe('Name or address of the machine snapserver runs on'),
  port: z.int().min(1).max(65535).default(1705).describe('Where it takes JSON-RPC over TCP'),
  client_id: z.string().min(1).max(128).describe('How it calls the snapclient: its MAC address, or what `--hostID` says'),
  source: z
    .string()
    .max(300)
    .refine((text) => sourceAddress(text) !== undefined, 'must be like tcp://192.168.1.5:4953')
    .optional()
    .describe('Its `tcp` source that is fed with music; without it the player is only controlled'),
  buffer_ms: z
    .int()
    .min(100)
    .max(10_000)
    .default(1000)
    .describe("The `buffer` of snapserver's configuration, which it tells nobody"),
}); // prettier-ignore
export type SnapserverOptions = z.infer<typeof SnapserverOptions>;

export interface SourceAddress {
  readonly host: string;
  readonly port: number;
}

/** Where `source` is; undefined when it is no such address. */
export function sourceAddress(source: string): SourceAddress | undefined {
  const [, host, digits] = SOURCE.exec(source) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port };
}
