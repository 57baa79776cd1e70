/** What somebody is in this house. A `device` is a program with an API token; a `guest` came by invitation, to one room. */
export const ROLES = ['admin', 'user', 'guest', 'device'] as const;
export type Role = (typeof ROLES)[number];

/** What an API token may be good for. `admin` includes `control` and `metrics`, `control` includes `read`. */
export const SCOPES = ['read', 'control', 'admin', 'metrics', 'satellite'] as const;
export type Scope = (typeof SCOPES)[number];

/** A cell of the matrix role x command: a device needs the named scope, a guest may be bound to the own room. [RO1] */
export type Cell = 'yes' | 'no' | 'own_room' | Scope;

const everybody = { admin: 'yes', user: 'yes' } as const;

/** Kinds of commands and topics by who may have them. Every command and every topic names one: without it the build fails. */
export const ACCESS = {
  /** See the whole house. */
  house: { ...everybody, guest: 'no', device: 'read' },
  /** See one room. */
  room: { ...everybody, guest: 'own_room', device: 'read' },
  /** Look through the music. */
  browse: { ...everybody, guest: 'yes', device: 'read' },
  /** Ask for music, take part in a party. Rules of the party come on top. */
  party: { ...everybody, guest: 'own_room', device: 'control' },
  /** Drive playback and volume, edit queues and playlists, group players. */
  control: { ...everybody, guest: 'no', device: 'control' },
  /** What changes the installation. */
  manage: { admin: 'yes', user: 'no', guest: 'no', device: 'admin' },
  /** One's own name, password and connections. */
  self: { ...everybody, guest: 'no', device: 'no' },
  /** Offer outputs of another machine as players. */
  satellite: { admin: 'yes', user: 'no', guest: 'no', device: 'satellite' },
} as const satisfies Record<string, Readonly<Record<Role, Cell>>>;
export type Access = keyof typeof ACCESS;

const INCLUDES: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  control: ['control', 'read'],
  admin: ['admin', 'control', 'read', 'metrics'],
  metrics: ['metrics'],
  satellite: ['satellite'],
};

/** Who asks, as far as permission goes. */
export interface Permission {
  readonly role: Role;
  /** Guests: the only room. */
  readonly room_id?: string | undefined;
  /** Devices. */
  readonly scopes?: readonly Scope[] | undefined;
}

/** Whether somebody may have what `access` names; `roomId` is the room that is asked about, if any. */
export function allows(access: Access, who: Permission, roomId?: string): boolean {
  const cell: Cell = ACCESS[access][who.role];
  if (cell === 'yes' || cell === 'no') return cell === 'yes';
  if (cell === 'own_room') return roomId !== undefined && roomId === who.room_id;
  return (who.scopes ?? []).some((scope) => INCLUDES[scope].includes(cell));
}
