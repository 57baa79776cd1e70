/** What the network says when there is no connection, and what that means. The code stays, for those who search for it. */
const WORDS: readonly (readonly [said: RegExp, meant: string])[] = [
  [/getaddrinfo (ENOTFOUND|EAI_AGAIN) ([^\s,]+)/, 'no machine is called $2 ($1)'],
  [/connect (ECONNREFUSED) ([^\s,]+)/, 'nothing listens at $2 ($1)'],
  [
    /connect (EHOSTUNREACH|ENETUNREACH|ETIMEDOUT) ([^\s,]+)/,
    '$2 does not answer, it may be switched off ($1)',
  ],
];

/** Why a player is away, for people. */
export function linkWords(reason: string): string {
  return WORDS.reduce((text, [said, meant]) => text.replace(said, meant), reason);
}
