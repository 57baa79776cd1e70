import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A sound card whose volume has few steps, as `amixer` shows it: it stands at the step at or below what it is told. */
export class FakeCard {
  /** Belongs first on the PATH. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(folder: string, steps: number, name = 'PCM'): Promise<FakeCard> {
    const card = new FakeCard(folder);
    const script = `#!/bin/sh
for word; do
  case $word in
    sevents) exec tail -f -n 0 ${folder}/events ;;
    *%) echo $((\${word%\\%} * ${steps} / 100)) > ${folder}/step ;;
    1-) step=$(cat ${folder}/step); [ $step -gt 0 ] && echo $((step - 1)) > ${folder}/step ;;
  esac
done
step=$(cat ${folder}/step)
cat <<END
Simple mixer control '${name}',0
  Capabilities: pvolume pvolume-joined
  Playback channels: Mono
  Limits: Playback 0 - ${steps}
  Mono: Playback $step [$(((step * 100 + ${steps} / 2) / ${steps}))%]
END
`;
    await writeFile(join(folder, 'amixer'), script, { mode: 0o755 });
    await writeFile(join(folder, 'events'), '');
    await writeFile(join(folder, 'step'), `${steps}\n`);
    return card;
  }

  async step(): Promise<number> {
    return Number(await readFile(join(this.folder, 'step'), 'utf8'));
  }

  /** By its own knob. */
  async turn(step: number): Promise<void> {
    await writeFile(join(this.folder, 'step'), `${step}\n`);
    await appendFile(join(this.folder, 'events'), "event value: 'PCM',0\n");
  }
}
