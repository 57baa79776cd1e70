import type { Check } from '../../src/protocol/index.js';
import type { FakeHandlers } from './fake-commands.js';
import type { FakePipeline } from './fake-pipeline.js';

export const aCheck = (more: Partial<Check> = {}): Check => ({
  check_id: 'disk',
  title: 'Space and safe writes',
  part: 'disk',
  state: 'done',
  severity: 'ok',
  measured: true,
  found: '20480 MB free, a safe write takes 4.1 ms',
  figures: [
    { name: 'free', value: 20_480, unit: 'MB' },
    { name: 'safe write (median of 5)', value: 4.1, unit: 'ms' },
  ],
  why: 'What you change is answered only when the disk has it; a full disk keeps nothing.',
  checked_at: new Date().toISOString(),
  ...more,
});

/** A doctor who looks when a test says so: `doctor:run` puts its checks down as waiting. */
export class FakeDoctor {
  readonly handlers: FakeHandlers;
  /** What a run will look at. */
  next: readonly Check[] = [aCheck()];
  /** What the phone has measured, by run. */
  readonly phones: (readonly number[])[] = [];
  running = false;
  readonly #pipeline: FakePipeline;

  constructor(pipeline: FakePipeline) {
    this.#pipeline = pipeline;
    this.handlers = {
      'doctor:run': () => {
        this.running = true;
        for (const check of this.next)
          this.put({ ...check, state: 'waiting', severity: 'notice', found: '' });
        return { started_at: new Date().toISOString(), check_count: this.next.length };
      },
      'doctor:get': () => ({ state: this.running ? 'running' : 'done', checks: pipeline.list('checks') }),
      'doctor:phone': ({ round_trips_ms }) => {
        this.phones.push(round_trips_ms);
        const check = aCheck({
          check_id: 'phone',
          title: 'From this phone and back',
          part: 'network',
          found: 'this phone reaches the server within 3 ms',
        });
        this.put(check);
        return { check };
      },
    };
  }

  put(check: Check): void {
    this.#pipeline.put('checks', check);
  }

  finish(): void {
    for (const check of this.next) this.put(check);
    this.running = false;
  }
}
