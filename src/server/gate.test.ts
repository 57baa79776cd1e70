import { expect, it } from 'vitest';
import { Gate } from './gate.js';

it('[GT1] names that are allowed later are ours from then on, and others no more', () => {
  const gate = new Gate({
    allowedHosts: ['old.lan'],
    allowedOrigins: [],
    hostname: 'tutti',
    publicUrl: 'https://music.example',
    addresses: () => [],
    port: () => 8080,
  });
  const asked = { secure: false, host: undefined };
  const host = (name: string) => () => gate.host({ rawHeaders: ['host', name], socket: {} }, asked);
  expect(host('old.lan')().host).toBe('old.lan');
  expect(host('new.lan')).toThrow('does not answer to that host name');
  gate.allow({ allowedHosts: ['new.lan'], allowedOrigins: [] });
  expect(host('new.lan')().host).toBe('new.lan');
  expect(host('old.lan')).toThrow('does not answer to that host name');
  for (const always of ['tutti.local', 'localhost', 'music.example'])
    expect(host(always)().host).toBe(always);
});
