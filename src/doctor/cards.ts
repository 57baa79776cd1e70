/** A sound card as the kernel has it. */
export interface Card {
  readonly number: number;
  /** `Headphones`, `vc4hdmi0`, `sndrpihifiberry`. */
  readonly id: string;
  readonly name: string;
}

/** A playback stream of a card that somebody has open. */
export interface Stream {
  readonly card: number;
  readonly state: string;
  readonly owner_pid: number | undefined;
  readonly rate_hz: number | undefined;
  readonly format: string | undefined;
  readonly buffer_frames: number | undefined;
  /** The most that was free in the buffer since somebody asked; as much as the buffer has = it ran dry. */
  readonly most_free_frames: number | undefined;
}

/** What can be read of the kernel's files: a text, and the names in a folder. */
export interface Files {
  read(this: void, path: string): Promise<string | undefined>;
  list(this: void, path: string): Promise<readonly string[]>;
}

export async function cardsOf({ read }: Files): Promise<Card[]> {
  const text = (await read('/proc/asound/cards')) ?? '';
  return [...text.matchAll(/^\s*(\d+) \[(\S+)\s*\]: .*? - (.+)$/gm)].map(
    ([, number = '', id = '', name = '']) => ({
      number: Number(number),
      id,
      name: name.trim(),
    }),
  );
}

export async function streamsOf(files: Files): Promise<Stream[]> {
  const { read, list } = files;
  const streams: Stream[] = [];
  for (const card of (await list('/proc/asound')).filter((name) => /^card\d+$/.test(name)))
    for (const pcm of (await list(`/proc/asound/${card}`)).filter((name) => /^pcm\d+p$/.test(name)))
      for (const sub of (await list(`/proc/asound/${card}/${pcm}`)).filter((name) => /^sub\d+$/.test(name))) {
        const folder = `/proc/asound/${card}/${pcm}/${sub}`;
        const [status, params] = await Promise.all([read(`${folder}/status`), read(`${folder}/hw_params`)]);
        const stream = streamIn(Number(card.slice(4)), status ?? '', params ?? '');
        if (stream) streams.push(stream);
      }
  return streams;
}

export function streamIn(card: number, status: string, params: string): Stream | undefined {
  const word = (text: string, name: string): string | undefined =>
    new RegExp(`^${name}\\s*:\\s*(\\S+)`, 'm').exec(text)?.[1];
  const number = (text: string, name: string): number | undefined => {
    const found = Number(word(text, name) ?? Number.NaN);
    return Number.isFinite(found) ? found : undefined;
  };
  const state = word(status, 'state');
  if (state === undefined) return undefined;
  return {
    card,
    state,
    owner_pid: number(status, 'owner_pid'),
    rate_hz: number(params, 'rate'),
    format: word(params, 'format'),
    buffer_frames: number(params, 'buffer_size'),
    most_free_frames: number(status, 'avail_max'),
  };
}

/** Of the graphics outputs: whether something is plugged into any HDMI connector. Undefined: there are none. */
export async function hasDisplay({ read, list }: Files): Promise<boolean | undefined> {
  const connectors = (await list('/sys/class/drm')).filter((name) => /^card\d+-HDMI/.test(name));
  if (connectors.length === 0) return undefined;
  const states = await Promise.all(connectors.map((name) => read(`/sys/class/drm/${name}/status`)));
  return states.some((state) => state?.trim() === 'connected');
}
