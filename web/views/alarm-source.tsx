import { useEffect, useState } from 'preact/hooks';
import type { AlarmSource } from '../../src/protocol/alarm.js';
import type { CommandReply } from '../../src/protocol/commands.js';
import { Choice, Field } from '../components/form.js';
import { sourceText } from '../state/alarm-words.js';
import { useStore } from '../state/store.js';

type Way = 'last' | 'music' | 'radio' | 'tone';

interface SourceProps {
  readonly source: AlarmSource;
  readonly title: string | undefined;
  readonly onInput: (source: AlarmSource, title?: string) => void;
  /** What was chosen is not whole yet: what has to be done, for people. */
  readonly onLack: (what: string) => void;
}

const WAYS = [
  { value: 'last', label: 'As it was' },
  { value: 'music', label: 'Music' },
  { value: 'radio', label: 'Radio' },
  { value: 'tone', label: 'Tone' },
] as const satisfies readonly { value: Way; label: string }[];

function wayOf(source: AlarmSource): Way {
  if ('tone' in source) return 'tone';
  if ('last' in source) return 'last';
  return 'url' in source ? 'radio' : 'music';
}

const isStation = (text: string): boolean => /^https?:\/\/\S+$/i.test(text);

/** What wakes: the queue as it was, something from the library, a station, or the tone. */
export function AlarmSourceField({ source, title, onInput, onLack }: SourceProps) {
  const [way, setWay] = useState<Way>(wayOf(source));
  const [url, setUrl] = useState('url' in source ? source.url : '');
  const station = (text: string): void => {
    setUrl(text);
    const address = text.trim();
    if (!isStation(address)) return onLack('The address of a station begins with http:// or https://');
    if ('url' in source && source.url === address) return onInput(source, title);
    onInput({ url: address });
  };
  const choose = (next: Way): void => {
    setWay(next);
    switch (next) {
      case 'last':
        return onInput({ last: true });
      case 'tone':
        return onInput({ tone: true });
      case 'radio':
        return station(url);
      case 'music':
        if (wayOf(source) === 'music') return onInput(source, title);
        return onLack('Search for the music that shall wake you');
      default:
        return next satisfies never;
    }
  };
  return (
    <>
      <Choice<Way> legend="Wake up to" options={WAYS} value={way} onInput={choose} />
      {way === 'radio' && (
        <Field
          label="Address of the station"
          keys="url"
          value={url}
          placeholder="https://…"
          required
          onInput={station}
        />
      )}
      {way === 'music' && (
        <MusicPicker
          chosen={
            wayOf(source) === 'music'
              ? sourceText({ source, ...(title !== undefined && { source_title: title }) })
              : undefined
          }
          onInput={onInput}
        />
      )}
    </>
  );
}

type Found = CommandReply<'library:search'>;

interface Pick {
  readonly id: string;
  readonly name: string;
  readonly line: string;
  readonly source: AlarmSource;
}

const MOST = 4;

function picksOf({ playlists, albums, artists, tracks }: Found): Pick[] {
  return [
    ...playlists.slice(0, MOST).map((one) => ({
      id: one.playlist_id,
      name: one.name,
      line: 'Playlist',
      source: { playlist_id: one.playlist_id },
    })),
    ...albums.slice(0, MOST).map((one) => ({
      id: one.album_id,
      name: one.title,
      line: `Album · ${one.artist}`,
      source: { album_id: one.album_id },
    })),
    ...artists.slice(0, 2).map((one) => ({
      id: one.artist_id,
      name: one.name,
      line: 'Artist',
      source: { artist_id: one.artist_id },
    })),
    ...tracks.slice(0, MOST).map((one) => ({
      id: one.track_id,
      name: one.title,
      line: `Track · ${one.artist}`,
      source: { track_ids: [one.track_id] },
    })),
  ];
}

/** The search of the library, for one thing. */
function MusicPicker({ chosen, onInput }: { chosen: string | undefined; onInput: SourceProps['onInput'] }) {
  const { client } = useStore();
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<Found>();
  useEffect(() => {
    const words = query.trim();
    if (words === '') return setFound(undefined);
    let current = true;
    const timer = setTimeout(() => {
      client.send('library:search', { query: words }).then(
        (reply) => current && setFound(reply),
        () => current && setFound(undefined),
      );
    }, 150);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [query, client]);
  const picks = found ? picksOf(found) : [];
  return (
    <>
      <Field label="Search in the library" value={query} onInput={setQuery} longest={200} />
      <p class="sheet-about" role="status">
        {chosen === undefined ? 'Nothing is chosen yet' : `Chosen: ${chosen}`}
      </p>
      {picks.length > 0 && (
        <ul class="menu alarm-picks" aria-label="Found">
          {picks.map(({ id, name, line, source }) => (
            <li key={`${line}-${id}`}>
              <button
                type="button"
                onClick={() => {
                  onInput(source, name);
                  setQuery('');
                }}
              >
                <span class="row-text">
                  <span class="row-title">{name}</span>
                  <span class="row-sub">{line}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
