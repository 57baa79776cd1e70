import { join } from 'node:path';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { defaultTags } from '../../src/library/index.js';
import type { Examined, Identified } from '../../src/pipeline/contract.js';
import { examine } from '../../src/pipeline/examine/index.js';
import { identify, MusicBrainz } from '../../src/pipeline/identify/index.js';
import { FakeMusicBrainz, type Fault } from '../../test/fakes/fake-musicbrainz.js';
import { inShort, judge, type Judged } from '../../test/fakes/labelled-judge.js';
import {
  folderOf,
  type Label,
  type Labelled,
  labelledReleases,
  labelledSet,
  makeLabelledSet,
} from '../../test/fakes/labelled-set.js';
import type { BenchCase, Findings, Stage } from '../case.js';
import { percentile, spread } from '../figures.js';
import type { Row } from '../result.js';
import { Beets, type BeetsEnd } from './beets.js';

const signal = new AbortController().signal;
const FAULTS: readonly { fault: Fault; name: string; timeoutMs: number }[] = [
  { fault: 'every-third', name: 'every 3rd request fails', timeoutMs: 20_000 },
  { fault: 'slow', name: 'slower than it is waited for', timeoutMs: 100 },
  { fault: 'lying', name: 'tells of other albums', timeoutMs: 20_000 },
  { fault: 'garbage', name: 'answers rubbish', timeoutMs: 20_000 },
  { fault: 'not-found', name: 'knows no address', timeoutMs: 20_000 },
  { fault: 'down', name: 'down', timeoutMs: 20_000 },
];

interface Looked {
  readonly one: Labelled;
  readonly examined: Examined;
  readonly seconds: number;
}

interface Round {
  readonly judged: readonly Judged[];
  /** Requests of each case. */
  readonly requests: readonly number[];
  readonly seconds: readonly number[];
}

export const identifyCase: BenchCase = {
  key: 'identify',
  title: 'a labelled set of albums: what is taken, for what, and what is left to a person',
  async run({ ground }: Stage): Promise<Findings> {
    const cases = labelledSet();
    const root = join(ground.dir, 'set');
    await makeLabelledSet(root, cases);
    const source = ground.own(await FakeMusicBrainz.start(labelledReleases(cases)));
    const looked = await examineAll(root, cases);
    const source1 = client(source, join(ground.dir, 'kept'));
    const first = await identifyAll(looked, source, source1);
    const again = await identifyAll(looked, source, source1);
    const shuffled = await identifyAll(looked.map(shuffle), source, source1);
    const faults = await runFaults(looked, source, ground.dir, first);
    source.fault = 'none';
    const beets = await beetsAll(root, cases, source, join(ground.dir, 'beets'));
    return {
      rows: [
        ...ownRows(first, beets),
        ...costRows(looked, first, again, beets),
        differing('albums decided otherwise with the files shuffled', first, shuffled),
        ...faults,
      ],
      notes: notesOf(cases, first, beets),
    };
  },
};

async function examineAll(root: string, cases: readonly Labelled[]): Promise<Looked[]> {
  const tags = defaultTags({ clock: systemClock, log: silentLogger });
  const looked: Looked[] = [];
  try {
    for (const one of cases) {
      const begun = performance.now();
      const examined = await examine(folderOf(root, one), { clock: systemClock, signal, tags });
      looked.push({ one, examined, seconds: (performance.now() - begun) / 1000 });
    }
  } finally {
    await tags.close();
  }
  return looked;
}

const client = ({ url }: FakeMusicBrainz, folder: string, timeoutMs = 20_000): MusicBrainz =>
  new MusicBrainz({
    url,
    contact: 'bench@example.org',
    version: '0',
    rateMs: 0,
    backoffMs: 2,
    folder,
    timeoutMs,
    clock: systemClock,
    log: silentLogger,
  });

async function identifyAll(
  looked: readonly Looked[],
  fake: FakeMusicBrainz,
  source: MusicBrainz,
): Promise<Round> {
  const judged: Judged[] = [];
  const requests: number[] = [];
  const seconds: number[] = [];
  for (const { one, examined } of looked) {
    const before = fake.asked.length;
    const begun = performance.now();
    judged.push(judge(one, await identify(examined, { source, mode: 'source', signal })));
    seconds.push((performance.now() - begun) / 1000);
    requests.push(fake.asked.length - before);
  }
  return { judged, requests, seconds };
}

/** The files in another order, the same each time. */
function shuffle(looked: Looked): Looked {
  const files = [...looked.examined.files];
  for (let n = files.length - 1, dice = 7; n > 0; n--) {
    dice = (dice * 1103515245 + 12345) % 2147483648;
    const other = dice % (n + 1);
    [files[n], files[other]] = [files[other]!, files[n]!];
  }
  return { ...looked, examined: { ...looked.examined, files } };
}

/** Each fault with nothing kept from before; then the source is well again, and what was put off is asked once more. */
async function runFaults(
  looked: readonly Looked[],
  fake: FakeMusicBrainz,
  dir: string,
  well: Round,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { fault, name, timeoutMs } of FAULTS) {
    fake.fault = fault;
    const round = await identifyAll(looked, fake, client(fake, join(dir, `kept-${fault}`), timeoutMs));
    fake.fault = 'none';
    const later = looked.filter((_, n) => round.judged[n]?.identified.decision === 'later');
    const retried = await identifyAll(later, fake, client(fake, join(dir, `kept-after-${fault}`)));
    const same = new Map(well.judged.map(({ one, identified }) => [one.name, identified]));
    const lost = retried.judged.filter(
      ({ one, identified }) => !isSameDecision(identified, same.get(one.name)),
    );
    const wrong = round.judged.filter(({ isWrong }) => isWrong).length;
    rows.push(
      amount(`source ${name}: imported wrongly`, wrong, 'of all', { text: '0', met: wrong === 0 }),
      amount(
        `source ${name}: put off, and decided otherwise once it is well`,
        lost.length,
        `of ${later.length}`,
        { text: '0', met: lost.length === 0 },
      ),
    );
  }
  return rows;
}

const isSameDecision = (a: Identified, b: Identified | undefined): boolean =>
  b !== undefined &&
  a.decision === b.decision &&
  a.confidence === b.confidence &&
  a.matches[0]?.release.release_id === b.matches[0]?.release.release_id;

function differing(measure: string, one: Round, other: Round): Row {
  const different = one.judged.filter(
    ({ identified }, n) => JSON.stringify(identified) !== JSON.stringify(other.judged[n]?.identified),
  ).length;
  return amount(measure, different, 'albums', { text: '0', met: different === 0 });
}

async function beetsAll(
  root: string,
  cases: readonly Labelled[],
  fake: FakeMusicBrainz,
  dir: string,
): Promise<BeetsEnd[]> {
  const beets = await Beets.open(dir, fake.port);
  const ends: BeetsEnd[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < cases.length; at = next++)
      ends[at] = await beets.import(folderOf(root, cases[at]!));
  };
  await Promise.all([worker(), worker()]);
  return ends;
}

const amount = (
  measure: string,
  value: number,
  unit: string,
  target?: Row['target'],
  peer?: number,
): Row => ({
  measure,
  unit,
  ours: spread([value]),
  ...(target && { target }),
  ...(peer !== undefined && { peer: { name: 'beets', figure: spread([peer]) } }),
});

const percent = (part: number, all: number): number =>
  all === 0 ? 100 : Math.round((part / all) * 1000) / 10;

function ownRows({ judged }: Round, beets: readonly BeetsEnd[]): Row[] {
  const both = judged.map((mine, n) => {
    const { releases = [] } = beets[n] ?? {};
    const isAuto = releases.length > 0;
    const isRight = isAuto && releases.every((id) => mine.one.right.includes(id)) && releases.length === 1;
    return { mine, theirs: { isAuto, isRight } };
  });
  const of = (...labels: Label[]): typeof both => both.filter(({ mine }) => labels.includes(mine.one.label));
  const counted = of('clean', 'damaged', 'review', 'broken', 'hostile');
  const share = (
    measure: string,
    list: typeof both,
    mine: (one: Judged) => boolean,
    theirs: ((one: { isAuto: boolean; isRight: boolean }) => boolean) | undefined,
    least: number,
  ): Row => {
    const ours = percent(list.filter((one) => mine(one.mine)).length, list.length);
    const peer = theirs && percent(list.filter((one) => theirs(one.theirs)).length, list.length);
    return amount(measure, ours, `% of ${list.length}`, { text: `>= ${least} %`, met: ours >= least }, peer);
  };
  const autos = counted.filter(({ mine }) => mine.isAuto);
  const theirAutos = counted.filter(({ theirs }) => theirs.isAuto);
  const precision = percent(autos.filter(({ mine }) => mine.isRight).length, autos.length);
  return [
    amount(
      'imported by itself and right, of all imported by itself',
      precision,
      '%',
      { text: '100 %', met: precision === 100 },
      percent(theirAutos.filter(({ theirs }) => theirs.isRight).length, theirAutos.length),
    ),
    amount(
      'imported by itself and wrong',
      counted.filter(({ mine }) => mine.isWrong).length,
      'albums',
      undefined,
      theirAutos.filter(({ theirs }) => !theirs.isRight).length,
    ),
    share(
      'clean: imported and right',
      of('clean'),
      ({ isRight }) => isRight,
      ({ isRight }) => isRight,
      95,
    ),
    share(
      'lightly damaged: imported and right',
      of('damaged'),
      ({ isRight }) => isRight,
      ({ isRight }) => isRight,
      85,
    ),
    share(
      'for a person: not imported',
      of('review'),
      ({ isAuto }) => !isAuto,
      ({ isAuto }) => !isAuto,
      100,
    ),
    share(
      'broken and hostile: found',
      of('broken', 'hostile'),
      ({ isAuto, identified, one }) =>
        !isAuto && identified.gates.some(({ gate }) => one.causes.includes(gate)),
      ({ isAuto }) => !isAuto,
      100,
    ),
    share(
      'the first reason told is the true cause',
      of('review', 'broken', 'hostile'),
      ({ namesCause }) => namesCause,
      undefined,
      90,
    ),
  ];
}

function costRows(looked: readonly Looked[], first: Round, again: Round, beets: readonly BeetsEnd[]): Row[] {
  const most = Math.max(...first.requests);
  const cached = again.requests
    .filter((_, n) => looked[n]?.one.label === 'clean')
    .reduce((sum, n) => sum + n, 0);
  const ours = looked.map(({ seconds }, n) => seconds + (first.seconds[n] ?? 0));
  return [
    amount('requests for an album, at most', most, 'requests', { text: '<= 3', met: most <= 3 }),
    amount(
      'requests for an album, on average',
      Math.round((first.requests.reduce((sum, n) => sum + n, 0) / looked.length) * 100) / 100,
      'requests',
    ),
    amount('requests for all clean albums the second time', cached, 'requests', {
      text: '0',
      met: cached === 0,
    }),
    {
      measure: 'time for an album, all files decoded (median)',
      unit: 's',
      ours: spread([percentile(ours, 0.5)]),
      peer: {
        name: 'beets (decodes none)',
        figure: spread([
          percentile(
            beets.map(({ seconds }) => seconds),
            0.5,
          ),
        ]),
      },
    },
    {
      measure: 'time for an album, 95th percentile',
      unit: 's',
      ours: spread([percentile(ours, 0.95)]),
      peer: {
        name: 'beets',
        figure: spread([
          percentile(
            beets.map(({ seconds }) => seconds),
            0.95,
          ),
        ]),
      },
    },
  ];
}

function notesOf(cases: readonly Labelled[], { judged }: Round, beets: readonly BeetsEnd[]): string[] {
  const many = (label: Label): string => `${cases.filter((one) => one.label === label).length} ${label}`;
  const missed = judged.filter(
    ({ one, isRight }) => (one.label === 'clean' || one.label === 'damaged') && !isRight,
  );
  const unnamed = judged.filter(
    ({ one, namesCause }) => ['review', 'broken', 'hostile'].includes(one.label) && !namesCause,
  );
  const theirs = cases.filter((one, n) => {
    const { releases = [] } = beets[n] ?? {};
    return (
      one.label !== 'unknowable' &&
      releases.length > 0 &&
      !(releases.length === 1 && one.right.includes(releases[0]!))
    );
  });
  const hung = cases.filter((_, n) => beets[n]?.hung);
  return [
    `${cases.length} albums: ${(['clean', 'damaged', 'review', 'broken', 'hostile', 'unknowable'] as const).map(many).join(', ')}. The source is a stub of MusicBrainz on this machine, asked without a pause.`,
    'Confidence is 1 minus the distance; 0.95 and no gate imports. beets is Debian 12’s 1.6.0 with its own defaults, `-q`, the same stub, no file changed; it gives no reason, so nothing stands beside that line, and its time includes the start of Python. Where something broken or hostile lies beside songs that are whole, to import them without asking counts as wrong.',
    ...missed.map((one) => `asked about, might have been taken: ${inShort(one)}`),
    ...unnamed.map((one) => `another reason came first: ${inShort(one)}`),
    ...judged
      .filter(({ one }) => one.label === 'unknowable')
      .map((one) => `nobody can know: ${inShort(one)}`),
    ...(theirs.length > 0 ? [`beets imported wrongly: ${theirs.map(({ name }) => name).join('; ')}.`] : []),
    ...(hung.length > 0
      ? [`beets did not end within a minute: ${hung.map(({ name }) => name).join('; ')}.`]
      : []),
  ];
}
