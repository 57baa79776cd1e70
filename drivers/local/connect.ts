import { toError } from '../../src/base/index.js';
import type { LinkContext, PlayerLink } from '../../src/players/index.js';
import { attach, type Attached } from './attach.js';
import { PULSE_BUFFER_MS } from './buffers.js';
import { launchProcess, type Launch } from './launch.js';
import { LocalLink } from './link.js';
import { readMemory } from './memory.js';
import type { LocalOptions } from './options.js';

/** Takes up the player's mpv, or starts one, and reports all about it. */
export async function connectLocal(
  options: LocalOptions,
  context: LinkContext,
  signal: AbortSignal,
  launch: Launch = launchProcess,
  asound?: string,
): Promise<PlayerLink> {
  const { runtimeDir, player_id, clock, log } = context;
  const attached = await attach({ options, runtimeDir, player_id, launch, clock, log }, signal);
  const link = new LocalLink(attached, options, context, asound);
  try {
    if (!attached.adopted) await restore(attached.client, options, context, signal);
    await link.begin(signal);
    return link;
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** A new mpv is as loud, and plays to the same output, as the one before. */
async function restore(
  client: Attached['client'],
  options: LocalOptions,
  context: LinkContext,
  signal: AbortSignal,
): Promise<void> {
  const memory = readMemory(context.memory);
  // Not arguments: an mpv built without PulseAudio would refuse to start.
  await Promise.all([
    client.request(['set_property', 'pulse-buffer', PULSE_BUFFER_MS], signal),
    client.request(['set_property', 'pulse-latency-hacks', true], signal),
  ]).catch((error: unknown) => {
    context.log.debug({ reason: toError(error).message }, 'this mpv was built without PulseAudio');
  });
  const chosen = memory?.configured === options.output ? memory.output : undefined;
  await client.request(['set_property', 'audio-device', chosen ?? options.output], signal);
  if (memory?.volume !== undefined) {
    await client.request(['set_property', 'volume', memory.volume], signal);
  }
  if (memory?.muted !== undefined) await client.request(['set_property', 'mute', memory.muted], signal);
}
