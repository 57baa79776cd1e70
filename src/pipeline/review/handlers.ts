import { AppError, Serial } from '../../base/index.js';
import type { Candidate, CommandRequest, Handlers, Match, Review } from '../../protocol/index.js';
import type { Examined } from '../contract.js';
import type { Candidates, Decision, Details } from '../flow/candidates.js';
import type { Flow } from '../flow/flow.js';
import type { Imports } from '../flow/imports.js';

export interface ReviewParts {
  readonly candidates: Candidates;
  readonly flow: Flow;
  readonly imports: Imports;
  /** Asks the source of releases. Rejects with ERR_SOURCE, and with ERR_NOT_SUPPORTED where there is none. */
  search(this: void, examined: Examined, asked: Asked): Promise<readonly Match[]>;
  /** Its files go to the trash; done again it does no harm. */
  trash(this: void, candidate: Candidate, folder: string, username: string | undefined): Promise<unknown>;
  hasAlbum(this: void, albumId: string): boolean;
}

export interface Asked {
  readonly artist?: string | undefined;
  readonly album?: string | undefined;
  readonly release_id?: string | undefined;
}

type ImportCommand = `import:${'list' | 'review' | 'approve' | 'reject' | 'retry' | 'search'}`;

/** What was found by searching stays with the review; more than so many help nobody. */
const MOST_SEARCHED = 20;
/** Nobody else has decided, and nothing is under way. */
const OPEN: readonly Candidate['state'][] = ['review', 'failed', 'waiting'];

/** What people decide. A review waits for ever, and one never stands in the place of another. [RV1] */
export function reviewHandlers(parts: ReviewParts): Handlers<ImportCommand> {
  const { candidates, flow, imports } = parts;
  /** Of two who decide at once the second hears that the first has. */
  const line = new Serial();
  const open = (candidateId: string): Candidate => {
    const { item } = candidates.get(candidateId);
    if (!OPEN.includes(item.state))
      throw new AppError('ERR_CONFLICT', `This cannot be decided: it is ${item.state}`, {
        params: { candidate_id: candidateId },
      });
    return item;
  };
  return {
    'import:list': ({ offset, limit }) => {
      const all = candidates.all().toReversed();
      return { total: all.length, items: all.slice(offset, offset + limit).map(({ item }) => item) };
    },
    'import:review': async ({ candidate_id }): Promise<Review> => {
      const { item: candidate } = candidates.get(candidate_id);
      const details = await candidates.details(candidate_id);
      const files = (details.examined?.files ?? []).map(
        ({ sha256: _sum, mtime_ns: _time, header_seconds: _said, ...file }) => file,
      );
      return { candidate, files, matches: matchesOf(details), duplicates: details.duplicates };
    },
    'import:approve': (request) =>
      line.run(async () => {
        open(request.candidate_id);
        const details = await candidates.details(request.candidate_id);
        const decision = decided(request, details);
        const { replace_album_id } = decision;
        if (replace_album_id !== undefined && !parts.hasAlbum(replace_album_id))
          throw new AppError('ERR_ALBUM_NOT_FOUND', 'The library has no album with this id', {
            params: { album_id: replace_album_id },
          });
        return { job_id: await imports.approved(request.candidate_id, decision) };
      }),
    'import:reject': ({ candidate_id }, { name }) =>
      line.run(async () => {
        await flow.reject(open(candidate_id).candidate_id, (candidate, folder) =>
          parts.trash(candidate, folder, name),
        );
        return {};
      }),
    'import:retry': ({ candidate_id }) =>
      line.run(() => ({ job_id: flow.retry(open(candidate_id).candidate_id) })),
    'import:search': async ({ candidate_id, ...asked }) => {
      open(candidate_id);
      return { matches: await search(parts, candidate_id, asked) };
    },
  };
}

/** What was found joins what was found before. */
async function search(
  { candidates, ...parts }: ReviewParts,
  candidateId: string,
  asked: Asked,
): Promise<Match[]> {
  const { examined } = await candidates.details(candidateId);
  if (!examined) throw new AppError('ERR_CONFLICT', 'Its files have not been looked at yet; try it again');
  const found = await parts.search(examined, asked);
  const { searched } = await candidates.details(candidateId);
  const others = searched.filter((match) => !found.some((one) => sameRelease(one, match)));
  await candidates.note(candidateId, { searched: [...found, ...others].slice(0, MOST_SEARCHED) });
  return matchesOf(await candidates.details(candidateId));
}

/** What `match` of an approval counts: those of the source first, then those that were searched for. */
function matchesOf({ identified, searched }: Details): Match[] {
  const matches = identified?.matches ?? [];
  return [...matches, ...searched.filter((match) => !matches.some((one) => sameRelease(one, match)))];
}

function sameRelease({ release: one }: Match, { release: other }: Match): boolean {
  return one.release_id !== undefined && one.release_id === other.release_id;
}

function decided(request: CommandRequest<'import:approve'>, details: Details): Decision {
  const { match, verdict, replace_album_id } = request;
  if ((match === undefined) === (verdict === undefined))
    throw new AppError('ERR_INVALID', 'Either match or verdict says what the album is');
  const chosen = verdict ?? matchesOf(details)[match ?? 0];
  if (!chosen)
    throw new AppError('ERR_NOT_FOUND', 'There is no such match', { params: { match: match ?? 0 } });
  requireFiles(chosen.files, chosen.release.tracks.length, details.examined?.files ?? []);
  return {
    release: chosen.release,
    files: chosen.files,
    ...(replace_album_id !== undefined && { replace_album_id }),
  };
}

/** Each track has one file of this candidate or none, and no file is two tracks. */
function requireFiles(
  paths: readonly (string | null)[],
  tracks: number,
  files: readonly { readonly path: string; readonly kind: string }[],
): void {
  const refuse = (message: string): never => {
    throw new AppError('ERR_INVALID', message);
  };
  if (tracks === 0 || paths.length !== tracks) refuse('Each track of the release needs a file, or null');
  const named = paths.filter((path) => path !== null);
  if (named.length === 0) refuse('No track has a file');
  if (new Set(named).size !== named.length) refuse('A file can be one track only');
  const audio = new Set(files.filter(({ kind }) => kind === 'audio').map(({ path }) => path));
  for (const path of named)
    if (!audio.has(path)) refuse('A file is named that is no music of this candidate');
}
