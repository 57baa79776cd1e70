import { allows, type Caller, type Readers } from '../protocol/index.js';

/** Whether somebody whom a topic's row lets have it is among its readers: who manages the house by an account always is. [PT7] */
export function mayRead(readers: Readers | undefined, caller: Caller): boolean {
  if (readers === undefined || readers === 'all') return true;
  if (readers === 'nobody') return false;
  const { connection_id, subject_id } = caller;
  if (readers.connection_ids.includes(connection_id)) return true;
  return subject_id !== undefined && (allows('manage', caller) || readers.subject_ids.includes(subject_id));
}
