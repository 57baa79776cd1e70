/** Integer version of the wire. A change that an older client cannot ignore raises `current`; dropping support raises `min`. [PV1] */
export const PROTOCOL = { current: 1, min: 1 } as const;
