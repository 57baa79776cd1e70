/** How long everything is measured. */
export interface Pace {
  readonly measureSeconds: number;
  readonly library: 'small' | 'large';
  readonly starts: number;
  readonly soakMinutes: number;
  /** What comes before the soak, in a hurry. */
  readonly warmMinutes: number;
  /** From one moment of rest in the soak to the next. */
  readonly turnSeconds: number;
}

const HOUR = 60;

/** `--quick`: to see that it runs; its figures say little. `--minutes`: the length of the soak. */
export function paceOf(words: readonly string[]): Pace {
  const quick = words.includes('--quick');
  const said = Number(words[words.indexOf('--minutes') + 1]);
  const asked = words.includes('--minutes') ? said : quick ? 2 : HOUR;
  if (!(asked > 0)) throw new Error('--minutes wants a number of minutes');
  return quick
    ? {
        measureSeconds: 10,
        library: 'small',
        starts: 2,
        soakMinutes: asked,
        warmMinutes: 0.5,
        turnSeconds: 15,
      }
    : {
        measureSeconds: 60,
        library: 'large',
        starts: 5,
        soakMinutes: asked,
        // V8 still compiles after eight: 0.9 MB more in the twelve that follow, and next to nothing else.
        warmMinutes: 16,
        turnSeconds: 60,
      };
}
