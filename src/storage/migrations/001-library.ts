/** Tracks, albums, artists, playlists and search: see src/library. */
export const libraryTables = ``;
