import { ALSA_BUFFER_MS, AUDIO_BUFFER_MS } from './buffers.js';
import type { LocalOptions } from './options.js';

/** Seconds that a stalled server may take before a stream counts as broken. */
const NETWORK_TIMEOUT_SECONDS = 15;
/** What libavformat may open by itself, should it get so far: no file, concat, data, pipe or unix. */
const PROTOCOLS = '[http,https,tcp,tls,crypto,httpproxy]';

/** Silent, deaf to keyboards, blind to configuration files, scripts and anything that a file refers to. */
const HARDENED = [
  '--no-config',
  '--idle=yes',
  '--video=no',
  '--terminal=no',
  '--input-terminal=no',
  '--input-default-bindings=no',
  '--input-vo-keyboard=no',
  '--input-media-keys=no',
  '--load-scripts=no',
  '--osc=no',
  '--ytdl=no',
  '--load-stats-overlay=no',
  '--load-auto-profiles=no',
  '--load-unsafe-playlists=no',
  '--access-references=no',
  '--ordered-chapters=no',
  '--autoload-files=no',
  '--audio-file-auto=no',
  '--sub-auto=no',
  '--cover-art-auto=no',
  '--audio-display=no',
  '--resume-playback=no',
  '--save-position-on-quit=no',
  `--demuxer-lavf-o=protocol_whitelist=${PROTOCOLS}`,
  `--stream-lavf-o=protocol_whitelist=${PROTOCOLS},reconnect_streamed=1,reconnect_delay_max=8`,
];

const SOUND = [
  '--gapless-audio=weak',
  '--prefetch-playlist=yes',
  '--hr-seek=yes',
  '--audio-pitch-correction=no',
  '--audio-fallback-to-null=no',
  '--volume-max=100',
  `--alsa-buffer-time=${ALSA_BUFFER_MS * 1000}`,
  `--audio-buffer=${AUDIO_BUFFER_MS / 1000}`,
  '--audio-client-name=Tutti',
  '--demuxer-max-bytes=32MiB',
  '--demuxer-max-back-bytes=8MiB',
  '--user-agent=Tutti',
  `--network-timeout=${NETWORK_TIMEOUT_SECONDS}`,
];

/** The argument that proves whose mpv a process is. */
export function socketArgument(socket: string): string {
  return `--input-ipc-server=${socket}`;
}

/**
 * mpv's command line. Valid from mpv 0.35 to 0.40. Depends on nothing but the socket and the configuration: media, volume and
 * the chosen output go through the socket, so that no name can become an option and two command lines can be compared.
 */
export function mpvArguments(socket: string, options: LocalOptions): string[] {
  const replaygain = options.replaygain === 'off' ? 'no' : options.replaygain;
  return [
    ...HARDENED,
    ...SOUND,
    `--replaygain=${replaygain}`,
    ...(options.ao === undefined ? [] : [`--ao=${options.ao}`]),
    socketArgument(socket),
  ];
}
