/** Titles of what people set on the page; others are called by their key. */
const TITLES: Readonly<Record<string, string>> = {
  music_dir: 'Music folder',
  watch: 'Notice new music at once',
  import_dir: 'Watch folder for imports',
  import_keep: 'Leave imported music where it lay',
  import_by_tags: 'Import by tags alone',
  musicbrainz_url: 'Address of MusicBrainz',
  musicbrainz_contact: 'Your address for MusicBrainz',
  musicbrainz_rate_ms: 'Pause between questions to MusicBrainz',
  path_template: 'Names of files and folders',
  trash_days: 'Days in the trash',
  space_reserve_mb: 'Space kept free (MB)',
  download_max_mb: 'Largest download (MB)',
  download_max_minutes: 'Longest download (minutes)',
  mdns: 'Find players by themselves',
  local_output: 'Play on this machine',
  snapcast: 'Serve snapclients',
  mpd_port: 'First MPD port of rooms',
  snapcast_host: 'Address for snapclients',
  snapcast_port: 'Port for snapclients',
  snapcast_buffer_ms: 'Sound that snapclients hold (ms)',
  snapcast_codec: 'How sound goes to snapclients',
  players: 'Players by hand',
  inputs: 'Listen to remotes and knobs',
  gpio_amplifier: 'Line of the amplifier',
  gpio_amplifier_inverted: 'Amplifier is on at 0 V',
  gpio_amplifier_off_s: 'Amplifier stays on (seconds)',
  gpio_led: 'Line of the LED',
  gpio_led_inverted: 'LED is on at 0 V',
  gpio_buttons: 'Lines of the buttons',
  gpio_room: 'Room of amplifier and LED',
  export_dirs: 'Folders for exports',
  data_dir: 'Data folder',
  log_level: 'What is logged',
};

/** What a setting is called where people read of it. */
export function settingTitle(key: string): string {
  if (Object.hasOwn(TITLES, key)) return TITLES[key]!;
  const words = key
    .replaceAll('_', ' ')
    .replace(/\b(?:gpio|mpd|tls|url|ip|led)\b/g, (name) => name.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}
