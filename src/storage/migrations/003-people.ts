/**
 * Users, sessions, API tokens, invitations and sign-in links: see src/people. Secrets are kept as SHA-256, passwords as scrypt. A session
 * is a user's or a guest's; a guest's lives and dies with its invitation.
 */
export const peopleTables = `
CREATE TABLE users (
  user_id TEXT PRIMARY KEY, name TEXT NOT NULL, name_fold TEXT NOT NULL UNIQUE, role TEXT NOT NULL, password TEXT, created_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE invitations (
  invitation_id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL UNIQUE, room_id TEXT NOT NULL, name TEXT NOT NULL, created_by TEXT,
  created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, max_uses INTEGER NOT NULL, uses INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE sessions (
  session_id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL UNIQUE,
  user_id TEXT REFERENCES users (user_id) ON DELETE CASCADE,
  invitation_id TEXT REFERENCES invitations (invitation_id) ON DELETE CASCADE, guest_name TEXT,
  created_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL,
  CHECK ((user_id IS NULL) <> (invitation_id IS NULL))
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX sessions_by_invitation ON sessions (invitation_id) WHERE invitation_id IS NOT NULL;
CREATE TABLE api_tokens (
  token_id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, scopes TEXT NOT NULL,
  created_ms INTEGER NOT NULL, expires_ms INTEGER, seen_ms INTEGER
) WITHOUT ROWID;
CREATE TABLE sign_in_links (
  link_hash TEXT PRIMARY KEY, user_id TEXT REFERENCES users (user_id) ON DELETE CASCADE, expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE revoked_access (access_id TEXT PRIMARY KEY, expires_ms INTEGER NOT NULL) WITHOUT ROWID;
`;
