/** Who subscribes to this at the control is connected, and told nothing. */
export const UNTOLD = 'untold';
