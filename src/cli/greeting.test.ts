import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { greeting, type Greeting } from './greeting.js';

const PATH = '/#/sign-in/one-time-secret';
const START: Greeting = {
  urls: ['http://192.168.1.5:8080', 'http://house.local:8080', 'http://localhost:8080'],
  host: '0.0.0.0',
  auth: 'required',
  notices: [],
  firstLink: PATH,
  place: 'terminal',
};

describe('the greeting', () => {
  it('of a first start has the link at every address, and as a QR code that cameras can read', () => {
    const text = greeting(START);
    for (const url of START.urls) expect(text).toContain(`${url}${PATH}`);
    const white = '\u001b[97;40m';
    const drawn = text.split('\n').filter((line) => line.includes(white));
    const dark = encode(`${START.urls[0]}${PATH}`, { ecc: 'L', border: 2 }).data;
    const rows = dark.flatMap((upper, y) => (y % 2 === 0 ? [[upper, dark[y + 1] ?? []] as const] : []));
    const expected = rows.map(([upper, lower]) =>
      upper
        .map((isDark, x) => (isDark ? (lower[x] === false ? '▄' : ' ') : lower[x] === false ? '█' : '▀'))
        .join(''),
    );
    expect(drawn).toEqual(expected.map((row) => `    ${white}${row}\u001b[0m`));
  });

  it('of a later start has neither', () => {
    const text = greeting({ ...START, firstLink: undefined });
    expect(text).not.toContain('sign-in');
    expect(text).not.toMatch(/[█▀▄]/);
  });

  it('has no colours where it is piped, and no secret where it is logged', () => {
    expect(greeting({ ...START, place: 'pipe' })).not.toContain('\u001b');
    const logged = greeting({ ...START, place: 'log' });
    expect(logged).not.toContain('one-time-secret');
    expect(logged).toContain('tutti sign-in-link');
  });

  it('draws no code that only this machine could open', () => {
    const text = greeting({ ...START, host: '127.0.0.1', urls: ['http://localhost:8080'] });
    expect(text).toContain(`http://localhost:8080${PATH}`);
    expect(text).not.toMatch(/[█▀▄]/);
    expect(text).toContain('Only this machine can open it');
  });
});
