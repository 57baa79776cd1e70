import { describe, expect, it } from 'vitest';
import { agentWords, invitationWords, until } from './people-words.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('words about people', () => {
  it('name a browser and what it runs on', () => {
    const android = `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${WEBKIT} Chrome/129.0 Mobile Safari/537.36`;
    const iphone =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1';
    expect(agentWords(android)).toBe('Chrome on Android');
    expect(agentWords(`${android} Edg/129.0`)).toBe('Edge on Android');
    expect(agentWords(iphone)).toBe('Safari on iPhone');
    expect(agentWords('Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0')).toBe(
      'Firefox on Linux',
    );
  });
  it('call another program what it calls itself, and never at length', () => {
    expect(agentWords('curl/8.5.0')).toBe('curl');
    expect(agentWords('')).toBe('Unknown program');
    expect(agentWords('x'.repeat(200))).toHaveLength(40);
  });
  it('say when something ends', () => {
    expect(until('2026-11-20T12:20:00Z', NOW)).toBe('in 20 min');
    expect(until('2026-11-20T17:00:00Z', NOW)).toBe('in 5 h');
    expect(until('2026-11-27T12:00:00Z', NOW)).toBe('in 7 days');
    expect(until('2026-11-20T11:00:00Z', NOW)).toBe('in 0 min');
  });
  it('say how far an invitation has gone', () => {
    const invitation = {
      invitation_id: 'i',
      room_id: 'kitchen',
      name: 'Guests',
      created_at: '2026-11-20T08:00:00Z',
      expires_at: '2026-11-20T16:00:00Z',
      max_uses: 20,
      uses: 3,
    };
    expect(invitationWords(invitation, NOW)).toBe('3 of 20 came · ends in 4 h');
  });
});
