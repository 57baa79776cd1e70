import { Invariants, isWhole } from './invariants.js';
import { KillStage, runChild, SCENES, type Scene, type What, type Where } from './stage.js';
import { sumsOf } from './files.js';

export interface Kill {
  readonly where: Where;
  readonly what: What;
  /** The step before which it died; absent for one at a random time. */
  readonly step?: string;
  /** Also killed in the recovery, at this of its steps. */
  readonly again?: number;
  readonly killed: boolean;
  readonly violations: readonly string[];
}

/** What an undisturbed import does, step by step, and what it leaves. */
export interface Course {
  readonly steps: readonly string[];
  readonly invariants: Invariants;
}

export async function courseOf(stage: KillStage, kind: (typeof SCENES)[number]): Promise<Course> {
  const scene = await stage.scene(kind);
  try {
    const { steps } = await runChild(scene, { plan: true });
    const whole = await sumsOf(scene.musicDir);
    if (!isWhole(whole)) throw new Error(`the undisturbed import left ${[...whole.keys()].join(', ')}`);
    return { steps, invariants: new Invariants(stage, whole) };
  } finally {
    await scene.close();
  }
}

/** Kills an import before its step number `at` (from 1), lets it recover, and says what is wrong then. */
export async function killAt(
  stage: KillStage,
  kind: (typeof SCENES)[number],
  course: Course,
  at: number,
  again?: number,
): Promise<Kill> {
  return await inScene(
    stage,
    kind,
    course,
    { step: course.steps[at - 1] ?? '?', ...(again !== undefined && { again }) },
    (scene) => runChild(scene, { plan: true, killAt: at }),
  );
}

export async function killAfter(
  stage: KillStage,
  kind: (typeof SCENES)[number],
  course: Course,
  ms: number,
): Promise<Kill> {
  return await inScene(stage, kind, course, {}, (scene) => runChild(scene, { plan: true, killAfterMs: ms }));
}

async function inScene(
  stage: KillStage,
  kind: (typeof SCENES)[number],
  { invariants }: Course,
  about: { step?: string; again?: number },
  kill: (scene: Scene) => Promise<{ killed: boolean }>,
): Promise<Kill> {
  const scene = await stage.scene(kind);
  try {
    const { killed } = await kill(scene);
    const violations = await invariants.afterKill(scene);
    if (about.again !== undefined) {
      await runChild(scene, { plan: false, killAt: about.again });
      violations.push(...(await invariants.afterKill(scene)).map((text) => `killed again, ${text}`));
    }
    violations.push(...(await invariants.afterRecovery(scene)));
    return { ...kind, ...about, killed, violations };
  } finally {
    await scene.close();
  }
}

export { KillStage, SCENES };
