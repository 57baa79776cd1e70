/** `frames` of the music from `from` on, laid over `span` frames of the output from `at` on. */
export interface Piece {
  readonly from: number;
  readonly frames: number;
  readonly at: number;
  readonly span: number;
  /** How far the music would have been too far at its beginning, as it looked when it was laid. Frames of the output. */
  readonly ahead: number;
}

/** Nobody hears half a per cent. */
const MOST = 0.005;
/** Of what is off, so much is taken back in one piece. */
const GAIN = 0.5;
/** Pieces are remembered for so long after they were due: what is heard now was due some time ago. Seconds. */
const MEMORY = 2;

/**
 * How many frames of the output a piece takes when the music would be `ahead` frames of the output too far at its beginning: whole
 * frames, so that pieces meet without a seam.
 */
export function spanOf(plain: number, ahead: number): number {
  const whole = Math.round(plain);
  const most = Math.floor(whole * MOST);
  return whole + Math.max(-most, Math.min(most, Math.round(ahead * GAIN)));
}

/** Music that was given to the output without a break: which frame of it is due when. */
export class Run {
  #pieces: Piece[] = [];
  readonly begins: number;
  /** The next frame of the output, and of the music. */
  end: number;
  next: number;

  constructor(
    readonly rates: { readonly music: number; readonly output: number },
    at: number,
    from: number,
  ) {
    this.begins = at;
    this.end = at;
    this.next = from;
  }

  /** The next frames, `ahead` (of the output's frames) being how far the music would be too far there. */
  add(frames: number, ahead: number): Piece {
    const { music, output } = this.rates;
    const span = spanOf((frames * output) / music, ahead);
    const piece = { from: this.next, frames, at: this.end, span, ahead };
    this.#pieces.push(piece);
    this.end += span;
    this.next += frames;
    while (this.#pieces[0]!.at + this.#pieces[0]!.span < piece.at - (MEMORY + 4) * output)
      this.#pieces.shift();
    return piece;
  }

  /** The first piece that begins at a frame of the output or later. */
  pieceFrom(frame: number): Piece | undefined {
    return this.#pieces.find(({ at }) => at >= frame);
  }

  /** Forgets a piece and all behind it: what follows is laid anew from there. */
  takeBack({ at, from }: Piece): void {
    this.#pieces = this.#pieces.filter((piece) => piece.at < at);
    this.end = at;
    this.next = from;
  }

  /** The frame of the music that is due at a frame of the output; undefined where there is none. */
  placeAt(frame: number): number | undefined {
    if (frame === this.end) return this.next;
    const piece = this.#pieces.find(({ at, span }) => frame >= at && frame < at + span);
    return piece && piece.from + ((frame - piece.at) / piece.span) * piece.frames;
  }
}
