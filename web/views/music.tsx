import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from '../components/icon.js';
import { isAdmin } from '../state/door.js';
import { isGoing } from '../state/download-words.js';
import { count } from '../state/format.js';
import { candidateGroups, isTrouble } from '../state/pipeline-words.js';
import { hrefOf, type PlainView } from '../state/route.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import { BackHeader } from './collections.js';
import { useList } from './follow.js';

/** Everything about music that comes in and goes out, with what is worth a look. */
export function MusicView() {
  const store = useStore();
  const admin = isAdmin(store);
  const downloads = useList('downloads');
  const exports = useList('exports');
  const imports = useList('imports', admin);
  const schedules = useList('schedules', admin);
  const targets = useList('targets', admin);
  const { needsYou, onTheWay } = candidateGroups(imports ?? []);
  const going = downloads?.filter(isGoing).length ?? 0;
  const writing = exports?.filter(({ state }) => state === 'running' || state === 'queued').length ?? 0;
  const failed = schedules?.filter(({ last_result }) => last_result === 'failed').length ?? 0;
  const trouble =
    targets?.filter(({ last_result }) => last_result !== undefined && isTrouble(last_result)).length ?? 0;
  return (
    <section class="view pipeline" aria-label="Music in and out">
      <BackHeader title="Music in and out" />
      <ul class="scroller music-rows">
        <Entry
          to="downloads"
          icon="down"
          title="Add music"
          line={going > 0 ? `${going} on the way` : 'From an address or this phone'}
        />
        {admin && (
          <Entry
            to="imports"
            icon="library"
            title="Imports"
            line={
              needsYou.length > 0
                ? `${needsYou.length} need you`
                : onTheWay.length > 0
                  ? `${onTheWay.length} on the way`
                  : 'Nothing needs you'
            }
            alarm={needsYou.length > 0}
          />
        )}
        <Entry
          to="exports"
          icon="share"
          title="Exports"
          line={writing > 0 ? `${writing} being written` : 'To a folder or stick'}
        />
        <Entry to="activity" icon="pulse" title="What is new" line="What happened lately" />
        {admin && (
          <>
            <Entry to="feeds" icon="note" title="Podcasts" line="Fetched as they come" />
            <Entry
              to="schedules"
              icon="redo"
              title="Schedules"
              line={failed > 0 ? `${count(failed, 'failure')}` : 'Work that comes by the clock'}
              alarm={failed > 0}
            />
            <Entry
              to="targets"
              icon="radio"
              title="Music servers"
              line={trouble > 0 ? `${trouble} to look at` : 'Plex and others hear what is new'}
              alarm={trouble > 0}
            />
            <Entry to="trash" icon="trash" title="Trash" line="What can be brought back" />
          </>
        )}
      </ul>
    </section>
  );
}

interface EntryProps {
  readonly to: PlainView;
  readonly icon: IconName;
  readonly title: string;
  readonly line: ComponentChildren;
  readonly alarm?: boolean;
}

function Entry({ to, icon, title, line, alarm }: EntryProps) {
  return (
    <li>
      <a class="row-link" href={hrefOf({ view: to })}>
        <Icon name={icon} />
        <span class="row-text">
          <span class="row-title">{title}</span>
          <span class={`row-sub ${alarm ? 'problem' : ''}`}>{line}</span>
        </span>
        {alarm && <Icon name="warning" size={20} />}
      </a>
    </li>
  );
}
