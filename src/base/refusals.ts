/** The code of what the operating system has said; empty for every other error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** ENOENT is what Node calls a full disk when it makes folders in folders; the second half is what disks of other machines say that are gone. */
const OF_DISKS = new Set([
  ...['EROFS', 'ENOSPC', 'EDQUOT', 'EIO', 'EFBIG', 'ENOENT'],
  ...['ESTALE', 'ENOTCONN', 'EHOSTDOWN', 'ETIMEDOUT', 'EREMOTEIO'],
]);
const OF_OWNERS = new Set(['EACCES', 'EPERM']);

/** Whether something could not be made because the disk is full, faulty or can only be read. */
export const isDiskRefusal = (error: unknown): boolean => OF_DISKS.has(codeOf(error));

/** Whether it is somebody else's. */
export const isForbidden = (error: unknown): boolean => OF_OWNERS.has(codeOf(error));
