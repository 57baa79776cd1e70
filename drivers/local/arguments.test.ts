import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mpvArguments } from './arguments.js';
import { loadfileWantsIndex } from './link.js';
import { LocalOptions } from './options.js';

const SOCKET = '/run/tutti/mpv-0123456789abcdef.sock';

it('does not depend on the name of an output', () => {
  const plain = mpvArguments(SOCKET, LocalOptions.parse({}));
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (output) => {
      const options = LocalOptions.safeParse({ output });
      if (options.success) expect(mpvArguments(SOCKET, options.data)).toEqual(plain);
    }),
  );
});

it('is made of options alone: nothing in it is a file to play', () => {
  for (const argument of mpvArguments(SOCKET, LocalOptions.parse({ ao: 'pulse', replaygain: 'track' }))) {
    expect(argument).toMatch(/^--[a-z]/);
    expect(argument).not.toBe('--');
  }
});

it('follows the setting for ReplayGain', () => {
  for (const [setting, argument] of [
    ['off', '--replaygain=no'],
    ['track', '--replaygain=track'],
    ['album', '--replaygain=album'],
  ] as const) {
    expect(mpvArguments(SOCKET, LocalOptions.parse({ replaygain: setting }))).toContain(argument);
  }
});

it.each(['mpv', '/usr/bin/mpv', '/opt/mpv-0.40/mpv-nightly'])('may run %s', (program) => {
  expect(LocalOptions.safeParse({ program }).success).toBe(true);
});

it.each(['', 'sh', '/bin/sh', '-mpv', './mpv', 'bin/mpv', '/tmp/mpv/sh', '/bin/sh\n/mpv', '/usr/bin/mpv\0'])(
  'may not run %j',
  (program) => expect(LocalOptions.safeParse({ program }).success).toBe(false),
);

it('refuses options it does not know', () => {
  expect(LocalOptions.safeParse({ ao: 'pcm' }).success).toBe(false);
  expect(LocalOptions.safeParse({ scripts: '/tmp/x.lua' }).success).toBe(false);
});

it('knows from which version on loadfile wants an index', () => {
  expect(loadfileWantsIndex('0.35.1')).toBe(false);
  expect(loadfileWantsIndex('0.37.0-dirty')).toBe(false);
  expect(loadfileWantsIndex('0.38.0')).toBe(true);
  expect(loadfileWantsIndex('0.40.0')).toBe(true);
  expect(loadfileWantsIndex('1.0.0')).toBe(true);
  expect(loadfileWantsIndex('git-2026-01-01')).toBe(true);
});
