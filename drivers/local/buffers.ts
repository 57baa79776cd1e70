/**
 * How much sound lies between mpv's decoder and the ear. More bears longer stalls of a busy machine; less lets a change of speed
 * be heard sooner. 100 ms, mpv's own choice for ALSA and PulseAudio, ran dry on a busy machine.
 */
export const ALSA_BUFFER_MS = 200;
export const PULSE_BUFFER_MS = 250;
/**
 * mpv's own buffer before the card's. It is never shorter than the card's, so with less than this nothing is gained; with more, a
 * correction takes longer. Said on the command line because steering must know it.
 */
export const AUDIO_BUFFER_MS = 200;

/** PipeWire reports a wrong delay in its first second. PulseAudio does not when mpv asks the server itself (`pulse-latency-hacks`). */
const WRONG_AT_FIRST = 'pipewire';
const DISTRUST_MS = 1000;

/** From a change of speed to its being heard, seconds; measured on each kind of output by what a step of the speed does to `audio-pts`. */
export function bufferedSeconds(ao: string): number {
  const cardMs = ao === 'pulse' ? PULSE_BUFFER_MS : ALSA_BUFFER_MS;
  const pathMs = ao === 'pulse' ? 20 : 0;
  return (cardMs + Math.max(cardMs, AUDIO_BUFFER_MS) + pathMs) / 1000;
}

/** How long after a start not to believe what mpv says is heard. */
export function untrustedMs(ao: string): number {
  return ao === WRONG_AT_FIRST ? DISTRUST_MS : 0;
}
