import { useEffect } from 'preact/hooks';
import type { Activity } from '../../src/protocol/activity.js';
import type { Job } from '../../src/protocol/job.js';
import { Button, IconButton } from '../components/buttons.js';
import { Icon, type IconName } from '../components/icon.js';
import { activityWords, ago, jobLine, jobsToShow } from '../state/job-words.js';
import { hrefOf } from '../state/route.js';
import { useStore } from '../state/store.js';
import { BackHeader } from './collections.js';
import '../styles/activity.css';

const TOPICS = ['jobs', 'activity'];

/** What the server is doing, and what happened lately. */
export function ActivityView() {
  const { client, house } = useStore();
  useEffect(() => {
    client.subscribe(TOPICS).catch(() => undefined);
    return () => client.unsubscribe(TOPICS);
  }, []);
  const jobs = jobsToShow(house.jobs.value ?? []);
  const entries = (house.activity.value ?? []).filter((entry) => activityWords(entry) !== undefined);
  return (
    <section class="view" aria-label="What is new">
      <BackHeader title="What is new" />
      <div class="scroller">
        {jobs.length > 0 && (
          <ul class="jobs" aria-label="Going on">
            {jobs.map((job) => (
              <JobRow key={job.job_id} job={job} />
            ))}
          </ul>
        )}
        {house.activity.value && entries.length === 0 && (
          <div class="empty">
            <p>New albums and what people love will be here.</p>
          </div>
        )}
        <ul class="happened" aria-label="What happened">
          {entries.map((entry) => (
            <ActivityRow key={entry.activity_id} entry={entry} />
          ))}
        </ul>
      </div>
    </section>
  );
}

function JobRow({ job }: { job: Job }) {
  const store = useStore();
  const { job_id, title, progress, state } = job;
  const over = state === 'failed';
  return (
    <li class={over ? 'failed' : ''}>
      <div class="row-text">
        <span class="row-title">{over ? `${title} failed` : title}</span>
        <span class="row-sub">{jobLine(job)}</span>
      </div>
      {over ? (
        job.error?.retryable === true && (
          <Button label="Try again" onClick={() => void store.ask('job:retry', { job_id })} />
        )
      ) : (
        <IconButton
          icon="close"
          label={`Cancel ${title}`}
          onClick={() => void store.ask('job:cancel', { job_id })}
        />
      )}
      {!over && (
        <div
          class="job-bar"
          role="progressbar"
          aria-label={title}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={progress}
        >
          <div style={{ transform: `scaleX(${progress / 100})` }} />
        </div>
      )}
    </li>
  );
}

const PICTURES: Partial<Record<Activity['action'], IconName>> = {
  heart: 'heart',
  download_started: 'down',
  delete: 'trash',
  upgrade: 'up',
};

function ActivityRow({ entry }: { entry: Activity }) {
  const { album_id, title, artist, action, timestamp } = entry;
  return (
    <li>
      <a class="row-link" {...(album_id !== undefined && { href: hrefOf({ view: 'album', id: album_id }) })}>
        <Icon name={PICTURES[action] ?? 'disc'} />
        <span class="row-text">
          <span class="row-title">{title}</span>
          {artist !== '' && <span class="row-sub">{artist}</span>}
          <span class="row-sub">
            {activityWords(entry)} · {ago(timestamp, Date.now())}
          </span>
        </span>
      </a>
    </li>
  );
}
