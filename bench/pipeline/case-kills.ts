import type { BenchCase, Findings } from '../case.js';
import { spread } from '../figures.js';
import type { Row } from '../result.js';
import { courseOf, type Kill, killAfter, killAt, KillStage, SCENES } from './kills/matrix.js';

const AT_ONCE = 2;
const RANDOM_KILLS = 100;
/** Random ones are spread over the time that an import takes after its process stands. */
const LONGEST_MS = 600;

/** Every step of an import, from the same disk and another, of a new album and of a better one; every second is killed again in its recovery. */
export const killsCase: BenchCase = {
  key: 'import-kills',
  title: 'imports that SIGKILL ends at every step, and at random: what is half, lost or done twice',
  async run(): Promise<Findings> {
    const stage = await KillStage.open();
    try {
      const rows: Row[] = [];
      const found: Kill[] = [];
      for (const kind of SCENES) {
        const course = await courseOf(stage, kind);
        const steps = course.steps.map((_, n) => () => killAt(stage, kind, course, n + 1, again(n)));
        const random = Array.from(
          { length: RANDOM_KILLS / SCENES.length },
          (_, n) => () =>
            killAfter(stage, kind, course, Math.round((n * LONGEST_MS * SCENES.length) / RANDOM_KILLS)),
        );
        const name = `${kind.what} album, ${kind.where} file system`;
        for (const [what, deeds] of [
          ['at every step', steps],
          ['at random', random],
        ] as const) {
          const kills = await allOf(deeds);
          found.push(...kills);
          rows.push(rowOf(`${name}: killed ${what}`, kills));
        }
      }
      return { rows, notes: notesOf(found) };
    } finally {
      await stage.close();
    }
  },
};

/** Each of the first twenty steps of a recovery comes up. */
const again = (n: number): number | undefined => (n % 2 === 0 ? 1 + ((n / 2) % 20) : undefined);

async function allOf(deeds: readonly (() => Promise<Kill>)[]): Promise<Kill[]> {
  const kills: Kill[] = [];
  const left = [...deeds];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) kills.push(await next());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return kills;
}

function rowOf(measure: string, kills: readonly Kill[]): Row {
  const violations = kills.map((kill) => kill.violations.length);
  const sum = violations.reduce((a, b) => a + b, 0);
  return {
    measure: `${measure} (${kills.length} times, ${kills.filter(({ killed }) => killed).length} of them in time)`,
    unit: 'violations',
    ours: { ...spread([sum]), repetitions: kills.length },
    target: { text: 'none', met: sum === 0 },
  };
}

const notesOf = (kills: readonly Kill[]): string[] =>
  kills
    .filter(({ violations }) => violations.length > 0)
    .map(({ what, where, step, again, violations }) =>
      `${what}, ${where}, before “${step ?? 'a random moment'}”${again === undefined ? '' : `, again at ${again}`}: ${violations.join('; ')}`.slice(
        0,
        500,
      ),
    );
