import * as z from 'zod';

export const AskFrame = z.object({ serial: z.int(), ask: z.string(), args: z.array(z.unknown()) });
export const AnswerFrame = z.object({
  serial: z.int(),
  value: z.unknown().optional(),
  error: z.string().optional(),
});

/** What a load process can be asked: functions of plain values. */
export type Asks = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Answers the parent until it is gone. */
export function answerParent(asks: Asks): void {
  process.on('message', (message) => {
    const { serial, ask, args } = AskFrame.parse(message);
    void answered(asks, ask, args).then((answer) => process.send?.({ serial, ...answer }));
  });
  process.once('disconnect', () => process.exit(0));
}

async function answered(
  asks: Asks,
  ask: string,
  args: readonly unknown[],
): Promise<{ value?: unknown; error?: string }> {
  try {
    return { value: await asks[ask]?.(...(args as never[])) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
