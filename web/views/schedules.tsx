import { useState } from 'preact/hooks';
import type { Schedule } from '../../src/protocol/pipeline/upkeep.js';
import { Button, IconButton } from '../components/buttons.js';
import { Field, SheetForm } from '../components/form.js';
import { Icon } from '../components/icon.js';
import { Sheet } from '../components/sheet.js';
import { cronWords, USUAL } from '../state/cron-words.js';
import { isAdmin } from '../state/door.js';
import { ago } from '../state/job-words.js';
import { fromNow } from '../state/pipeline-words.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import { BackHeader } from './collections.js';
import { useList, useNow } from './follow.js';
import { OnlyAdmins } from './not-for-you.js';

/** Work that comes by the clock. */
export function SchedulesView() {
  const admin = isAdmin(useStore());
  const schedules = useList('schedules', admin);
  const [editing, setEditing] = useState<string>();
  const now = useNow(10_000);
  const edited = schedules?.find(({ schedule_id }) => schedule_id === editing);
  return (
    <section class="view pipeline" aria-label="Schedules">
      <BackHeader title="Schedules" />
      {!admin ? (
        <OnlyAdmins />
      ) : (
        <div class="scroller">
          {schedules?.length === 0 && <p class="empty">Nothing comes by the clock.</p>}
          <ul class="cards" aria-label="Schedules">
            {schedules
              ?.toSorted((one, other) => one.title.localeCompare(other.title))
              .map((schedule) => (
                <ScheduleRow
                  key={schedule.schedule_id}
                  schedule={schedule}
                  now={now}
                  onEdit={() => setEditing(schedule.schedule_id)}
                />
              ))}
          </ul>
        </div>
      )}
      {edited && <TimeSheet schedule={edited} onClose={() => setEditing(undefined)} />}
    </section>
  );
}

const RESULTS = { completed: 'Done', failed: 'Failed', skipped: 'Left out' } as const;

function ScheduleRow({ schedule, now, onEdit }: { schedule: Schedule; now: number; onEdit: () => void }) {
  const store = useStore();
  const { schedule_id, title, cron, enabled, running, last_run_at, last_result, last_message } = schedule;
  const { next_run_at } = schedule;
  const next = !enabled
    ? 'Switched off'
    : running
      ? 'Runs now'
      : next_run_at === undefined
        ? ''
        : `Next ${fromNow(next_run_at, now)}`;
  const failed = last_result === 'failed';
  const last = [last_result && RESULTS[last_result], last_run_at && ago(last_run_at, now)].filter(Boolean);
  return (
    <li class={`card ${failed ? 'failed' : ''}`}>
      <div class="row-text">
        <span class="row-title">{title}</span>
        <span class="row-line">{[cronWords(cron) ?? cron, next].filter(Boolean).join(' · ')}</span>
        <span class={`row-sub ${failed ? 'problem' : ''}`}>
          {failed && <Icon name="warning" size={16} />}
          {last.length === 0
            ? 'It has not run yet'
            : `${last.join(' ')}${last_message ? `: ${last_message}` : ''}`}
        </span>
      </div>
      <div class="card-actions spread">
        <Switch
          label={title}
          value={enabled}
          onInput={(on) => void store.ask('schedule:set', { schedule_id, enabled: on })}
        />
        <IconButton icon="edit" label={`Change when: ${title}`} onClick={onEdit} />
        <Button
          label="Run now"
          about={title}
          disabled={running}
          onClick={() => void store.ask('schedule:run', { schedule_id })}
        />
      </div>
    </li>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly value: boolean;
  readonly onInput: (value: boolean) => void;
}

/** On or off, said in words beside the picture. */
export function Switch({ label, value, onInput }: SwitchProps) {
  const live = useStore().house.live.value;
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked={value}
      aria-label={label}
      disabled={!live}
      onClick={() => onInput(!value)}
    >
      <span class="switch-track" aria-hidden="true" />
      <span aria-hidden="true">{value ? 'On' : 'Off'}</span>
    </button>
  );
}

function TimeSheet({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const { client } = useStore();
  const [cron, setCron] = useState(schedule.cron);
  const run = async (): Promise<string | undefined> => {
    await client.send('schedule:set', { schedule_id: schedule.schedule_id, cron: cron.trim() });
    onClose();
    return undefined;
  };
  return (
    <Sheet title={`When: ${schedule.title}`} onClose={onClose}>
      <SheetForm icon="check" submit="Save" disabled={cron.trim() === ''} run={run}>
        <fieldset class="choices">
          <legend>Usual times</legend>
          {USUAL.map((one) => (
            <label key={one}>
              <input type="radio" name="usual" checked={cron.trim() === one} onChange={() => setCron(one)} />
              <span>{cronWords(one)}</span>
            </label>
          ))}
        </fieldset>
        <Field
          label="Or by minute, hour, day, month, day of week"
          keys="url"
          value={cron}
          onInput={setCron}
          longest={120}
        />
        <p class="sheet-about" role="status">
          {cronWords(cron) ?? 'The server says when that is.'}
        </p>
      </SheetForm>
    </Sheet>
  );
}
