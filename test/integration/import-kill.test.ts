import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Course,
  courseOf,
  type Kill,
  killAfter,
  killAt,
  KillStage,
  SCENES,
} from '../../bench/pipeline/kills/matrix.js';

let stage: KillStage;
const courses = new Map<(typeof SCENES)[number], Course>();

beforeAll(async () => {
  stage = await KillStage.open();
  await Promise.all(SCENES.map(async (kind) => courses.set(kind, await courseOf(stage, kind))));
});

afterAll(() => stage.close());

const broken = (kills: readonly Kill[]): Kill[] => kills.filter(({ violations }) => violations.length > 0);

/** Where most could go wrong: between things that belong together. The whole matrix is a bench (`import-kills`). */
const TELLING = [
  'after copy file',
  'after keep journal of what is ready',
  'after move into the trash',
  'before move into its place',
  'after move into its place',
  'inside transaction',
  'after transaction',
  'after remove source',
];

it.each(SCENES)(
  'a kill at a step leaves nothing half, lost or done twice: $what album from the $where disk',
  async (kind) => {
    const course = courses.get(kind)!;
    const at = TELLING.map((name) => course.steps.indexOf(name) + 1).filter((n) => n > 0);
    // Each scene takes every second of them; in all, each is met from both disks or for both kinds.
    const offset = SCENES.indexOf(kind) % 3 === 0 ? 0 : 1;
    const chosen = at.filter((_, n) => n % 2 === offset);
    expect(chosen.length).toBeGreaterThan(2);
    const kills: Kill[] = [];
    for (const [n, step] of chosen.entries())
      kills.push(await killAt(stage, kind, course, step, n === 1 ? 4 : undefined));
    expect(broken(kills)).toEqual([]);
    expect(kills.every(({ killed }) => killed)).toBe(true);
  },
);

it('a kill at any time leaves nothing half, lost or done twice', async () => {
  const kind = SCENES[3]!;
  const course = courses.get(kind)!;
  expect(
    broken([await killAfter(stage, kind, course, 60), await killAfter(stage, kind, course, 180)]),
  ).toEqual([]);
});
