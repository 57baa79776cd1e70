const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const WHOLE = /^\d{1,2}$/;
const two = (text: string): string => text.padStart(2, '0');

/** `*\/5 * * * *` in words; undefined for what is too special for words, which is then shown as it is. */
export function cronWords(cron: string): string | undefined {
  const [minute = '', hour = '', date = '', month = '', day = '', ...rest] = cron.trim().split(/\s+/);
  if (rest.length > 0 || month !== '*') return undefined;
  const every = /^\*\/(\d{1,2})$/.exec(minute)?.[1];
  if (hour === '*' && date === '*' && day === '*') {
    if (every !== undefined) return every === '1' ? 'Every minute' : `Every ${every} minutes`;
    if (minute === '*') return 'Every minute';
    if (!WHOLE.test(minute)) return undefined;
    return minute === '0' ? 'Every hour' : `Every hour at ${two(minute)} past`;
  }
  if (!WHOLE.test(minute)) return undefined;
  const hours = /^\*\/(\d{1,2})$/.exec(hour)?.[1];
  if (hours !== undefined && date === '*' && day === '*') return `Every ${hours} hours`;
  if (!WHOLE.test(hour)) return undefined;
  const at = `at ${two(hour)}:${two(minute)}`;
  if (date === '*' && day === '*') return `Every day ${at}`;
  if (date === '*' && /^[0-7]$/.test(day)) return `Every ${DAYS[Number(day) % 7]} ${at}`;
  if (day === '*' && WHOLE.test(date)) return `On day ${Number(date)} of the month ${at}`;
  return undefined;
}

/** What most people want, to tap instead of to write. */
export const USUAL: readonly string[] = ['*/5 * * * *', '0 * * * *', '0 3 * * *', '0 4 * * 0'];
