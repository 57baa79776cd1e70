/** Settings of a server whose tests ask again and again until something is so: what keeps floods out has tests of its own. */
export const UNHURRIED_SETTINGS = {
  messages_per_minute: 1_000_000,
  message_burst: 1_000_000,
  bytes_per_minute: 1_000_000_000,
  commands_per_minute_per_user: 1_000_000,
  costly_commands_per_minute: 1_000_000,
} as const;
