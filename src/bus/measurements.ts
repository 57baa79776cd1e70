import type { Bus, BusCounts } from './bus.js';
import type { DropReason, Drops } from './seal.js';

/** The bus as one process sees it, for /metrics. */
export interface BusMeasurements {
  readonly connected: boolean;
  /** Other processes of this house that it hears: the house its gateways, a gateway its house. */
  readonly nodes: number;
  readonly counts: BusCounts;
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** How often events were missing and clients got everything afresh. */
  readonly gaps: number;
}

export function measured(bus: Bus, nodes: number, drops: Drops, gaps = 0): BusMeasurements {
  return { connected: bus.connected, nodes, counts: bus.counts, dropped: drops.counts, gaps };
}
