import { useEffect, useRef, useState } from 'preact/hooks';
import type { Check } from '../../src/protocol/doctor.js';
import { Button } from '../components/buttons.js';
import { DownloadLink } from '../components/download-link.js';
import { Icon, type IconName } from '../components/icon.js';
import { Progress } from '../components/progress.js';
import { copyText } from '../components/share.js';
import {
  PART_WORDS,
  SEVERITY_WORDS,
  bySeverity,
  commandIn,
  figureWords,
  runState,
  sentence,
  verdict,
} from '../state/check-words.js';
import { isAdmin } from '../state/door.js';
import { ago } from '../state/job-words.js';
import { useStore, type Store } from '../state/store.js';
import '../styles/pipeline.css';
import '../styles/doctor.css';
import { BackHeader } from './collections.js';
import { useList, useNow } from './follow.js';
import { OnlyAdmins } from './not-for-you.js';

/** What the doctor looks at, what was found, and what mends it. */
export function DoctorView() {
  const store = useStore();
  const admin = isAdmin(store);
  const listed = useList('checks', admin);
  const checks = listed?.toReversed() ?? [];
  const run = runState(checks);
  const [asking, setAsking] = useState(false);
  const busy = asking || run.running;
  const look = async (): Promise<void> => {
    setAsking(true);
    const begun = await store.ask('doctor:run', {});
    setAsking(false);
    if (begun && (await isOver(store))) await measureWay(store);
  };
  return (
    <section class="view pipeline doctor" aria-label="Checks">
      <BackHeader title="Checks" />
      {!admin ? (
        <OnlyAdmins />
      ) : (
        <>
          <div class="scroller">
            {listed !== undefined && checks.length === 0 && (
              <p class="empty">
                The doctor looks at network, sound, disk, permissions, time and versions, and says what to do
                about what it finds. It takes some seconds, and the music goes on.
              </p>
            )}
            {busy && <Running run={run} />}
            {!busy && checks.length > 0 && <Verdict checks={checks} />}
            {bySeverity(checks).map((group) => (
              <Group key={group.severity} title={SEVERITY_WORDS[group.severity]} checks={group.checks} />
            ))}
            <Diagnostics />
          </div>
          <div class="decide">
            <Button
              icon="pulse"
              kind="primary"
              label={checks.length === 0 ? 'Look now' : 'Look again'}
              disabled={busy}
              onClick={() => void look()}
            />
          </div>
        </>
      )}
    </section>
  );
}

const NAPS_MS = [160, 201, 179, 228, 143, 192, 217];
const SHORT_MS = 60;
const LOOK_EVERY_MS = 400;
const MOST_LOOKS = 40;

const nap = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A machine that looks at itself answers later than it usually does: the phone waits for the end. */
async function isOver({ client }: Store): Promise<boolean> {
  for (let n = 0; n < MOST_LOOKS; n++) {
    await nap(LOOK_EVERY_MS);
    const now = await client.send('doctor:get', {}).catch(() => undefined);
    if (now?.state !== 'running') return now !== undefined;
  }
  return false;
}

/** How long the way from this phone to the server and back takes: after naps, in which radios doze off, and soon after that. */
async function measureWay({ client }: Store): Promise<void> {
  const round_trips_ms: number[] = [];
  try {
    for (const ms of NAPS_MS.flatMap((one) => [one, SHORT_MS])) {
      await nap(ms);
      const began = performance.now();
      await client.send('system:status', {}, { timeout_ms: 5_000 });
      round_trips_ms.push(performance.now() - began);
    }
  } catch {
    // What was measured until the line broke is told all the same.
  }
  if (round_trips_ms.length > 0) await client.send('doctor:phone', { round_trips_ms }).catch(() => undefined);
}

function Running({ run }: { run: ReturnType<typeof runState> }) {
  const percent = run.total === 0 ? 0 : Math.round((100 * run.done) / run.total);
  return (
    <div class="doctor-running" role="status">
      <p class="doctor-verdict">
        <span>Looking… {run.total > 0 && `${run.done} of ${run.total}`}</span>
      </p>
      <Progress label="The doctor looks" value={percent} />
      <p class="dim">{run.now.join(', ') || '\u00a0'}</p>
    </div>
  );
}

function Verdict({ checks }: { checks: readonly Check[] }) {
  const now = useNow(30_000);
  const bad = checks.some(({ severity }) => severity === 'problem' || severity === 'warning');
  const last = checks
    .flatMap(({ checked_at }) => checked_at ?? [])
    .toSorted()
    .at(-1);
  return (
    <div class="doctor-running" role="status">
      <p class={`doctor-verdict ${bad ? '' : 'good'}`}>
        <Icon name={bad ? 'warning' : 'check'} size={28} />
        <span>{verdict(checks)}</span>
      </p>
      {last !== undefined && <p class="dim">Looked {ago(last, now)}</p>}
    </div>
  );
}

const ICONS: Readonly<Record<Check['severity'], IconName>> = {
  problem: 'warning',
  warning: 'warning',
  notice: 'search',
  ok: 'check',
};

function Group({ title, checks }: { title: string; checks: readonly Check[] }) {
  return (
    <>
      <h3 class="pipeline-heading">
        {title} <span class="tally">{checks.length}</span>
      </h3>
      <ul class="cards" aria-label={title}>
        {checks.map((check) => (
          <Finding key={check.check_id} check={check} />
        ))}
      </ul>
    </>
  );
}

const FRAMES = { problem: 'failed', warning: 'waits', notice: '', ok: '' } as const;

function Finding({ check }: { check: Check }) {
  const { title, part, severity, found, figures, why, fix, measured } = check;
  return (
    <li class={`card check ${FRAMES[severity]}`}>
      <div class="row-text">
        <span class="row-title">
          <Icon name={ICONS[severity]} size={20} /> {title}
        </span>
        <span class={`row-line ${measured ? '' : 'dim'}`}>{sentence(found)}</span>
        {severity !== 'ok' && <span class="row-sub">{why}</span>}
        <details class="others">
          <summary aria-label={`Details: ${title}`}>Details</summary>
          <p class="row-sub">{PART_WORDS[part]}</p>
          {severity === 'ok' && <p class="row-sub">{why}</p>}
          {figures.map((figure) => (
            <p key={figure.name} class="row-sub figures">
              {figureWords(figure)}
            </p>
          ))}
        </details>
      </div>
      {fix !== undefined && <Fix about={title} text={fix} />}
    </li>
  );
}

function Fix({ about, text }: { about: string; text: string }) {
  const [copied, setCopied] = useState<boolean>();
  const shown = useRef<HTMLTextAreaElement>(null);
  useEffect(() => setCopied(undefined), [text]);
  const command = commandIn(text);
  if (command === undefined) return <p class="fix">{text}</p>;
  const rest = text.slice(command.length).trim();
  return (
    <div class="fix">
      <textarea
        ref={shown}
        readOnly
        spellcheck={false}
        rows={Math.min(6, Math.ceil(command.length / 34))}
        aria-label={`What mends it: ${about}`}
        value={command}
      />
      <Button
        label={copied === true ? 'Copied' : 'Copy'}
        about={about}
        offline
        onClick={() => void copyText(shown.current, command).then(setCopied)}
      />
      {rest !== '' && <p class="row-sub">{rest}</p>}
      {copied === false && (
        <p class="row-sub" role="status">
          The browser copies nothing here: the text is selected
        </p>
      )}
    </div>
  );
}

/** A file for who helps. */
function Diagnostics() {
  return (
    <div class="page-end diagnostics">
      <p class="dim">
        For who helps you: checks, settings, figures and the last lines of the log. Passwords, tokens,
        invitations and names of people are not in it.
      </p>
      <DownloadLink class="button" href="api/v1/diagnostics">
        <Icon name="down" size={20} />
        <span>Download diagnostics</span>
      </DownloadLink>
    </div>
  );
}
