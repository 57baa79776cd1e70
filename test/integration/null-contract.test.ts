import { nullDriver } from '../../drivers/null/index.js';
import { driverContract } from '../contracts/driver-contract.js';

/** Media of the silent output are names and lengths; a broken one is a file that is not there. */
driverContract(
  'null',
  () =>
    Promise.resolve({
      definition: nullDriver,
      options: {},
      toleranceMs: 1,
      makeMedia: (n: number, { seconds = 2, broken = false } = {}) =>
        Promise.resolve({
          ref: `null-${n}`,
          title: `Silence ${n}`,
          duration_seconds: seconds,
          live: false,
          ...(broken && { path: '/nowhere/broken.flac' }),
        }),
      close: () => Promise.resolve(),
    }),
  { lacks: ['outputs', 'replaygain', 'break', 're-adopt', 'skew'] },
);
