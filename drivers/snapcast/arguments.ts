import { decoderArguments as argumentsFor } from '../../src/players/index.js';
import { CHANNELS, CHUNK_FRAMES, RATE, type Codec } from './sound-format.js';

const FORMAT: Readonly<Record<Codec, readonly string[]>> = {
  pcm: ['-f', 's16le'],
  flac: ['-c:a', 'flac', '-sample_fmt', 's16', '-compression_level', '2', '-frame_size', String(CHUNK_FRAMES), '-f', 'flac'],
}; // prettier-ignore

/** The arguments for ffmpeg: from this sample on, as it goes over the wire. */
export function decoderArguments(place: string, firstFrame: number, codec: Codec): string[] {
  const sound = { rate: RATE, channels: CHANNELS, from_seconds: firstFrame / RATE, format: FORMAT[codec] };
  return argumentsFor(place, sound);
}
