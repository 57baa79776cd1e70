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
    const code = text.split('\n').filter((line) => line.includes('\u001b[30;107m'));
    expect(code.length).toBeGreaterThan(15);
    expect(code.join('')).toMatch(/[█▀▄]/);
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
