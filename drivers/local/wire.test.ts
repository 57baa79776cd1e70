import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { entryOf, entryOptions } from './mark.js';
import { decodeLine, encodeCommand, isLocation, LineSplitter, propertyValue, type Command } from './wire.js';

const Line = z.object({ command: z.array(z.unknown()).min(1), request_id: z.int() });
const ALLOWED = new Set([
  'get_property',
  'set_property',
  'observe_property',
  'loadfile',
  'seek',
  'playlist-clear',
  'stop',
  'quit',
]);

/** What a C program sees: one line, one object, one command of the list. */
function onlyCommand(line: string): readonly unknown[] {
  expect(line.endsWith('\n')).toBe(true);
  expect(line.slice(0, -1)).not.toMatch(/[\n\r\0]/);
  const { command } = Line.parse(JSON.parse(line));
  expect(ALLOWED).toContain(command[0]);
  return command;
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('\n', '\r', '\0', '"', '\\', '{', '}', '-', ',', '=', '%', '/', 'é', '\u2028'),
  }),
);

it('writes one line with one command of the list, whatever a media is called', () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, fc.boolean(), (name, title, ref, live) => {
      const location = `/music/${name}`;
      fc.pre(isLocation(location));
      const options = entryOptions({ ref: ref || 'r', title, artist: name, live }, 1.5);
      for (const command of [
        ['loadfile', location, 'replace', options],
        ['loadfile', location, 'append', -1, options],
      ] satisfies Command[]) {
        const written = onlyCommand(encodeCommand(1, command));
        expect(written[1]).toBe(location);
      }
    }),
  );
});

it('writes the name of an output as a value and nothing else', () => {
  fc.assert(
    fc.property(anyText, (name) => {
      let line: string;
      try {
        line = encodeCommand(7, ['set_property', 'audio-device', name]);
      } catch {
        return;
      }
      expect(onlyCommand(line)).toEqual(['set_property', 'audio-device', name]);
    }),
  );
});

it.each([
  [['run', '/bin/sh', '-c', 'id']],
  [['subprocess', 'id']],
  [['load-script', '/tmp/x.lua']],
  [['loadlist', '/tmp/x.m3u']],
  [['set_property', 'script-opts', 'x']],
  [['set_property', 'input-ipc-server', '/tmp/x']],
  [['set_property', 'stream-record', '/etc/x']],
  [['set_property', 'volume', 101]],
  [['set_property', 'speed', 1.0051]],
  [['set_property', 'speed', 0.99]],
  [['set_property', 'speed', Number.NaN]],
  [['set_property', 'pause', 'no']],
  [['get_property', 'working-directory']],
  [['loadfile', 'edl:///etc/passwd', 'replace', { 'script-opts': 'tutti-ref=eA', 'force-media-title': '' }]],
  [['loadfile', '/a', 'replace', { 'script-opts': 'tutti-ref=eA,ytdl_hook=x', 'force-media-title': '' }]],
  [['loadfile', '/a', 'replace', { 'script-opts': 'tutti-ref=eA', 'force-media-title': '', scripts: '/x' }]],
  [['stop', 'keep-playlist', 'run']],
])('refuses to write %j, also when a cast slips it in', (command) => {
  expect(() => encodeCommand(1, command as unknown as Command)).toThrow('cannot be said');
});

it.each([
  '/music/-o.flac',
  '/music/a\nb.flac',
  '/',
  'http://radio.example/stream;?x=1',
  'https://[::1]:8000/ü',
])('takes %j as a place', (place) => expect(isLocation(place)).toBe(true));

it.each([
  '',
  'music/a.flac',
  './a.flac',
  '-',
  '--script=/tmp/x.lua',
  'file:///etc/passwd',
  'edl://x',
  'memory://x',
  'fd://0',
  'lavf://concat:x',
  'av://alsa:default',
  'ytdl://x',
  ' http://x/',
  'http://x/a b',
  'http://x/\nquit',
  'javascript:1',
  '/music/a\0.flac',
  '/music/\ud800.flac',
])('does not take %j as a place', (place) => expect(isLocation(place)).toBe(false));

it('finds a ref again whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.boolean(), (ref, live) => {
      const marked = entryOptions({ ref, title: '', live })['script-opts'];
      const scriptOpts = Object.fromEntries(
        marked.split(',').map((pair) => pair.split('=') as [string, string]),
      );
      expect(entryOf(scriptOpts)).toEqual({ ref, live });
    }),
  );
});

it('has no start position for a stream', () => {
  expect(entryOptions({ ref: 'a', title: 'Radio', live: true }, 30)).not.toHaveProperty('start');
});

it('reads replies and events, and passes over events it does not know', () => {
  expect(decodeLine('{"data":1.5,"request_id":3,"error":"success"}')).toEqual({
    data: 1.5,
    request_id: 3,
    error: 'success',
  });
  expect(decodeLine('{"event":"start-file","playlist_entry_id":2}')).toEqual({
    event: 'start-file',
    playlist_entry_id: 2,
  });
  expect(decodeLine('{"event":"audio-reconfig"}')).toBeUndefined();
  expect(decodeLine('{"event":"property-change","id":9,"name":"not-ours","data":1}')).toBeUndefined();
});

it('throws for a line that is not from mpv', () => {
  for (const line of ['', 'HTTP/1.1 200 OK', '[]', 'null', '{"error":"success"}']) {
    expect(() => decodeLine(line)).toThrow();
  }
});

it('takes a property of another type as not there', () => {
  expect(propertyValue('audio-pts', 'soon')).toBeUndefined();
  expect(propertyValue('script-opts', { a: 1 })).toBeUndefined();
  expect(propertyValue('audio-pts', -0.25)).toBe(-0.25);
});

it('finds the same lines however the bytes are cut', () => {
  const lines = fc.array(
    fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => text.replaceAll('\n', '')),
  );
  fc.assert(
    fc.property(lines, fc.array(fc.nat(50)), (texts, cuts) => {
      const wanted = texts.filter((text) => text !== '');
      const bytes = Buffer.from(wanted.map((text) => `${text}\n`).join(''));
      const splitter = new LineSplitter();
      const found: string[] = [];
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        found.push(...splitter.push(bytes.subarray(from, Math.min(bytes.length, from + cut))));
        from = Math.min(bytes.length, from + cut);
      }
      found.push(...splitter.push(bytes.subarray(from)));
      expect(found).toEqual(wanted);
    }),
  );
});

it('gives up on a line that does not end', () => {
  const splitter = new LineSplitter();
  expect(() => splitter.push(Buffer.alloc(2 << 20, 0x61))).toThrow('without an end');
});
