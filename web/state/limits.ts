import type { QuietHours, Room } from '../../src/protocol/room.js';

const percent = (volume: number): string => `${Math.round(volume * 100)} %`;
const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Whether a time of the day, in minutes, is within quiet hours; they may go over midnight. */
export function isQuiet({ from, to }: QuietHours, minute: number): boolean {
  const [start, end] = [minutes(from), minutes(to)];
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}

/** The house's rules for a room's loudness, in words; undefined when there are none. */
export function limitText({ volume_limit, quiet_hours }: Room, minute: number): string | undefined {
  const lines: string[] = [];
  if (volume_limit < 1) lines.push(`Never louder than ${percent(volume_limit)}`);
  if (quiet_hours) {
    const { from, to, limit } = quiet_hours;
    const most = limit === 0 ? 'silent' : `no louder than ${percent(limit)}`;
    lines.push(
      isQuiet(quiet_hours, minute) ? `Quiet until ${to}: ${most}` : `Quiet from ${from} to ${to}: ${most}`,
    );
  }
  return lines.length === 0 ? undefined : lines.join('. ');
}

/** What a slider of this room shows as its end: the room's limit, or that of the quiet hours while they are. */
export function limitNow(room: Room | undefined, minute: number): number {
  if (!room) return 1;
  const { volume_limit, quiet_hours } = room;
  return quiet_hours && isQuiet(quiet_hours, minute)
    ? Math.min(volume_limit, quiet_hours.limit)
    : volume_limit;
}

export function minuteOfDay(now: Date = new Date()): number {
  return now.getHours() * 60 + now.getMinutes();
}
