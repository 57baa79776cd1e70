/** A knob that stands further than this from where it was put has been turned by somebody: mixers have steps. */
const TOUCHED = 0.03;

/** A way from one volume to another. */
export interface Fade {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

/** How loud it is so many seconds after it began. */
export function levelAt({ from, to, seconds }: Fade, elapsed: number): number {
  if (elapsed >= seconds || seconds <= 0) return to;
  const level = from + (to - from) * Math.max(0, elapsed / seconds);
  return Math.round(level * 1000) / 1000;
}

/** Where a knob was told to go, and where it then stood: limits hold it, and a big step takes a while. */
export interface Left {
  readonly told: number;
  readonly stood: number;
}

/** Whether somebody turned a knob since it was left. */
export function isTouched(left: Left | undefined, stands: number): boolean {
  if (!left) return false;
  const [low, high] = [Math.min(left.told, left.stood), Math.max(left.told, left.stood)];
  return stands < low - TOUCHED || stands > high + TOUCHED;
}
