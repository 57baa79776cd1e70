/**
 * Waits until `condition` holds; rejects with `what` after `ms`. For what arrives over real sockets. The default is far beyond what a
 * machine at ten times its load needs, so that only what never comes fails; a condition that takes long to find out is asked less often.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 30_000,
): Promise<void> {
  const end = performance.now() + ms;
  for (;;) {
    const asked = performance.now();
    if (await condition()) return;
    const now = performance.now();
    if (now > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, Math.max(5, now - asked)));
  }
}
