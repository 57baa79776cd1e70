import { expect, it } from 'vitest';
import { portProblem, splitAddress } from './player-address.js';

it('takes a host alone', () => {
  expect(splitAddress(' kitchen.local ')).toEqual({ host: 'kitchen.local' });
  expect(splitAddress('192.168.1.20')).toEqual({ host: '192.168.1.20' });
  expect(splitAddress('kitchen:')).toEqual({ host: 'kitchen' });
});

it('takes a host with its port', () => {
  expect(splitAddress('kitchen:6601')).toEqual({ host: 'kitchen', port: '6601' });
  expect(splitAddress('mpd://kitchen:6601/')).toEqual({ host: 'kitchen', port: '6601' });
});

it('tells the colons of IPv6 from that of a port', () => {
  expect(splitAddress('fe80::1')).toEqual({ host: 'fe80::1' });
  expect(splitAddress('[fe80::1]')).toEqual({ host: 'fe80::1' });
  expect(splitAddress('[fe80::1]:6601')).toEqual({ host: 'fe80::1', port: '6601' });
});

it('says which ports there are', () => {
  expect(portProblem('')).toBeUndefined();
  expect(portProblem('6600')).toBeUndefined();
  for (const port of ['0', '65536', '66OO', '-1', '6e3']) expect(portProblem(port)).toBeDefined();
});
