import { useState } from 'preact/hooks';
import type { Duplicate, Match, Review } from '../../src/protocol/pipeline/candidate.js';
import { AskSheet } from '../components/ask-sheet.js';
import { Field, SheetForm } from '../components/form.js';
import { Menu } from '../components/menu.js';
import { Sheet } from '../components/sheet.js';
import { useStore } from '../state/store.js';
import { duplicateWords, MOVING } from '../state/pipeline-words.js';
import { EditSheet } from './review-edit.js';

export type ReviewSheet =
  | { readonly kind: 'menu' | 'edit' | 'search' | 'reject' }
  | { readonly kind: 'replace'; readonly duplicate: Duplicate };

interface ReviewSheetProps {
  readonly sheet: ReviewSheet;
  readonly review: Review;
  readonly match: Match | undefined;
  readonly approve: (replace?: Duplicate) => Promise<void>;
  /** Asks the server anew; the match with this number is then chosen. */
  readonly again: (found?: number) => void;
  readonly onSheet: (sheet: ReviewSheet) => void;
  readonly onClose: () => void;
}

export function OpenReviewSheet(props: ReviewSheetProps) {
  const { sheet, review, match, approve, onClose } = props;
  switch (sheet.kind) {
    case 'menu':
      return <OtherMenu {...props} />;
    case 'edit':
      return <EditSheet review={review} match={match} onClose={onClose} />;
    case 'search':
      return <SearchSheet {...props} />;
    case 'reject':
      return <RejectSheet {...props} />;
    case 'replace':
      return (
        <AskSheet
          title={`Replace ${sheet.duplicate.title}?`}
          icon="check"
          yes="Replace it"
          run={() => approve(sheet.duplicate)}
          onClose={onClose}
        >
          <p>{duplicateWords(sheet.duplicate)}</p>
          <p>
            Its old files go to the trash, from where they can be brought back. Hearts, playlists and play
            counts stay with the album.
          </p>
        </AskSheet>
      );
    default:
      return sheet satisfies never;
  }
}

function OtherMenu({ review, onSheet, onClose }: ReviewSheetProps) {
  const store = useStore();
  const { candidate_id, title } = review.candidate;
  const retry = async (): Promise<void> => {
    if (await store.ask('import:retry', { candidate_id })) store.toasts.show(`${title} is looked at anew`);
  };
  return (
    <Menu
      title={title}
      onClose={onClose}
      entries={[
        { icon: 'search', label: 'Search by names or id…', run: () => onSheet({ kind: 'search' }) },
        { icon: 'scan', label: 'Look at it anew', run: () => void retry() },
        { icon: 'trash', label: 'Do not take it…', run: () => onSheet({ kind: 'reject' }) },
      ]}
    />
  );
}

function RejectSheet({ review, onClose }: ReviewSheetProps) {
  const store = useStore();
  const { candidate_id, title } = review.candidate;
  return (
    <AskSheet
      title={`Do not take ${title}?`}
      icon="trash"
      yes="Do not take it"
      no="Keep it here"
      run={async () => {
        await store.client.send('import:reject', { candidate_id }, MOVING);
        store.router.replace({ view: 'imports' });
        store.toasts.show(`${title} is in the trash`, {
          action: { label: 'Show trash', run: () => store.router.go({ view: 'trash' }) },
        });
      }}
      onClose={onClose}
    >
      <p>Its files go to the trash. From there it can be brought back to this review.</p>
    </AskSheet>
  );
}

function SearchSheet({ review, again, onClose }: ReviewSheetProps) {
  const { client } = useStore();
  const { candidate } = review;
  const [artist, setArtist] = useState(candidate.artist ?? '');
  const [album, setAlbum] = useState(candidate.album ?? '');
  const [release_id, setId] = useState('');
  const named = artist.trim() !== '' || album.trim() !== '';
  const run = async (): Promise<string | undefined> => {
    const wanted =
      release_id.trim() === ''
        ? { artist: artist.trim(), album: album.trim() }
        : { release_id: release_id.trim() };
    const { matches } = await client.send(
      'import:search',
      { candidate_id: candidate.candidate_id, ...wanted },
      { timeout_ms: 45_000 },
    );
    if (matches.length === 0) return 'Nothing was found';
    onClose();
    again();
    return undefined;
  };
  return (
    <Sheet title="Search" onClose={onClose}>
      <SheetForm icon="search" submit="Search" disabled={!named && release_id.trim() === ''} run={run}>
        <Field label="Artist" value={artist} onInput={setArtist} longest={200} first />
        <Field label="Album" value={album} onInput={setAlbum} longest={200} />
        <Field
          label="Or a MusicBrainz id or address"
          keys="url"
          value={release_id}
          onInput={setId}
          longest={200}
          placeholder="https://musicbrainz.org/release/…"
        />
      </SheetForm>
    </Sheet>
  );
}
