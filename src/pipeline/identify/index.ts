export { identify, type IdentifyOptions, SURE } from './identify.js';
export { type Hit, Known, type Query, type ReleaseSource } from './known.js';
export { MusicBrainz, type MusicBrainzOptions } from './musicbrainz.js';
export { searchReleases, type SearchOptions } from './search-releases.js';
