const KINDS: Readonly<Record<string, string>> = {
  mpd: 'MPD',
  local: 'Sound of the server',
  null: 'Silent output',
  snapcast: 'Snapcast',
  snapserver: 'Snapserver',
  chromecast: 'Chromecast',
  satellite: 'Another machine',
};

/** What people call a kind of player; kinds that this page does not know keep their own word. */
export function kindText(kind: string): string {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind]! : kind;
}
