import { File, Id3v2Settings, TagTypes, type Tag } from 'node-taglib-sharp';
import type { WishedTags } from './wished-tags.js';

type Setters = {
  readonly [K in keyof Required<WishedTags>]: (tag: Tag, value: NonNullable<WishedTags[K]>) => void;
};

const SET: Setters = {
  title: (tag, value) => void (tag.title = value),
  artist: (tag, value) => void (tag.performers = [value]),
  album: (tag, value) => void (tag.album = value),
  album_artist: (tag, value) => void (tag.albumArtists = [value]),
  year: (tag, value) => void (tag.year = value),
  disc_number: (tag, value) => void (tag.disc = value),
  disc_total: (tag, value) => void (tag.discCount = value),
  track_number: (tag, value) => void (tag.track = value),
  track_total: (tag, value) => void (tag.trackCount = value),
  compilation: (tag, value) => void (tag.isCompilation = value),
  mb_release_id: (tag, value) => void (tag.musicBrainzReleaseId = value),
  mb_release_group_id: (tag, value) => void (tag.musicBrainzReleaseGroupId = value),
  mb_recording_id: (tag, value) => void (tag.musicBrainzTrackId = value),
  mb_artist_id: (tag, value) => void (tag.musicBrainzArtistId = value),
  mb_album_artist_id: (tag, value) => void (tag.musicBrainzReleaseArtistId = value),
};

/** Writes tags into a file, in place: for copies only. Blocks while it does. ID3 becomes 2.4: older ones take a name like AC/DC apart. */
export function writeTags(path: string, wishes: WishedTags): void {
  Id3v2Settings.defaultVersion = 4;
  Id3v2Settings.forceDefaultVersion = true;
  const file = File.createFromPath(path);
  try {
    const hadId3v1 = (file.tagTypesOnDisk & TagTypes.Id3v1) !== 0;
    for (const name of Object.keys(SET) as (keyof Setters)[]) set(file.tag, name, wishes[name]);
    if (!hadId3v1) file.removeTags(TagTypes.Id3v1);
    file.save();
  } finally {
    file.dispose();
  }
}

function set<K extends keyof Setters>(tag: Tag, name: K, value: WishedTags[K]): void {
  if (value !== undefined) (SET[name] as (tag: Tag, value: NonNullable<WishedTags[K]>) => void)(tag, value);
}
