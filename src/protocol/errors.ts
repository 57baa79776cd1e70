/**
 * Every error code that may reach a client, with the HTTP status REST answers and whether the same request may succeed later
 * without a change. SPEC.md lists the same table; a test compares the two in both directions. [ER1]
 */
export const ERRORS = {
  ERR_BAD_MESSAGE: {
    status: 400,
    retryable: false,
    meaning: 'the frame is not JSON, or not an object with a known shape',
  },
  ERR_INVALID: {
    status: 400,
    retryable: false,
    meaning: 'a field of the request is missing, unknown, or out of range',
  },
  ERR_UNKNOWN_COMMAND: { status: 404, retryable: false, meaning: 'no command has this type' },
  ERR_AUTH_REQUIRED: { status: 401, retryable: false, meaning: 'sign in first' },
  ERR_NOT_ALLOWED: { status: 403, retryable: false, meaning: 'this role may not do this' },
  ERR_ORIGIN: { status: 403, retryable: false, meaning: 'the page that asks is not one of ours' },
  ERR_HOST: { status: 421, retryable: false, meaning: 'the Host header names somebody else' },
  ERR_NOT_FOUND: { status: 404, retryable: false, meaning: 'no such thing' },
  ERR_ROOM_NOT_FOUND: { status: 404, retryable: false, meaning: 'no room has this id' },
  ERR_PLAYER_NOT_FOUND: { status: 404, retryable: false, meaning: 'no player has this id' },
  ERR_ITEM_NOT_FOUND: { status: 404, retryable: false, meaning: 'the queue has no item with this id' },
  ERR_TRACK_NOT_FOUND: { status: 404, retryable: false, meaning: 'the library has no track with this id' },
  ERR_ALBUM_NOT_FOUND: { status: 404, retryable: false, meaning: 'the library has no album with this id' },
  ERR_PLAYLIST_NOT_FOUND: { status: 404, retryable: false, meaning: 'no playlist has this id' },
  ERR_OUTPUT_NOT_FOUND: { status: 404, retryable: false, meaning: 'the player has no output with this id' },
  ERR_TOPIC_NOT_FOUND: { status: 404, retryable: false, meaning: 'no topic has this name' },
  ERR_ROOM_EMPTY: { status: 409, retryable: false, meaning: 'no player is in this room' },
  ERR_QUEUE_EMPTY: { status: 409, retryable: false, meaning: 'there is nothing in the queue to play' },
  ERR_QUEUE_FULL: { status: 409, retryable: false, meaning: 'the queue holds its maximum of items' },
  ERR_NOTHING_TO_UNDO: { status: 409, retryable: false, meaning: 'no queue edit is left to undo or redo' },
  ERR_NOT_SEEKABLE: {
    status: 409,
    retryable: false,
    meaning: 'what plays has no end, so no position can be chosen',
  },
  ERR_CONFLICT: { status: 409, retryable: false, meaning: 'the thing exists already, or changed meanwhile' },
  ERR_CONTROLLED_ELSEWHERE: {
    status: 409,
    retryable: false,
    meaning: 'somebody else drives this player; take it over first',
  },
  ERR_NOT_SUPPORTED: { status: 409, retryable: false, meaning: 'this player cannot do that' },
  ERR_PLAYER_OFFLINE: { status: 503, retryable: true, meaning: 'the player is not connected now' },
  ERR_PLAYER_TIMEOUT: { status: 504, retryable: true, meaning: 'the player did not answer in time' },
  ERR_PLAYER_REFUSED: { status: 502, retryable: false, meaning: 'the player answered with an error' },
  ERR_PLAYER_PASSWORD: { status: 502, retryable: false, meaning: 'the player wants another password' },
  ERR_UNPLAYABLE: { status: 422, retryable: false, meaning: 'the track cannot be played' },
  ERR_MEDIA_EXPIRED: {
    status: 404,
    retryable: false,
    meaning: 'the media URL is not signed by us or has expired',
  },
  ERR_HOUSE_OFFLINE: {
    status: 503,
    retryable: true,
    meaning:
      'this gateway does not reach the server that drives the players; with params.sent it may have got the command',
  },
  ERR_SOURCE: {
    status: 502,
    retryable: true,
    meaning: 'where the music or what is known of it should come from does not answer as it should',
  },
  ERR_ADDRESS_REFUSED: {
    status: 403,
    retryable: false,
    meaning: 'this address is inside the own network or of a kind that is not fetched',
  },
  ERR_SPACE: { status: 507, retryable: true, meaning: 'not enough room on the disk, with the reserve' },
  ERR_DISK: { status: 507, retryable: true, meaning: 'the disk is full or cannot be written' },
  ERR_BUSY: { status: 503, retryable: true, meaning: 'too much is asked at once' },
  ERR_RATE_LIMITED: {
    status: 429,
    retryable: true,
    meaning: 'too often; params.retry_after_ms says when to try again',
  },
  ERR_TOO_LARGE: { status: 413, retryable: false, meaning: 'the message or the file is larger than allowed' },
  ERR_INTERNAL: { status: 500, retryable: false, meaning: 'a bug in Tutti; the log of the server says more' },
} as const satisfies Record<`ERR_${string}`, { status: number; retryable: boolean; meaning: string }>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];
