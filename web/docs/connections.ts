import { element, fieldOf, textOf } from './dom.js';

const HEAD = ['who', 'address', 'since', 'topics', 'sent', 'round trip', 'waits', 'lost', 'state'];

/** Every connection to this process, for who manages the house; asked for again with each tap. */
export function connections(): HTMLElement {
  const button = element('button', { type: 'button', textContent: 'Show connections' });
  const place = element('div', { className: 'wide' });
  button.addEventListener('click', () => {
    show(place).catch((error: unknown) => place.replaceChildren(String(error)));
  });
  return element('div', {}, element('h3', { textContent: 'Connections' }), button, place);
}

async function show(place: HTMLElement): Promise<void> {
  const answer = await fetch('/api/v1/clients');
  const body: unknown = await answer.json();
  const clients = fieldOf(body, 'clients');
  if (!Array.isArray(clients)) {
    const why = textOf(fieldOf(body, 'error'), 'message');
    place.replaceChildren(element('p', { className: 'fault', role: 'alert', textContent: why }));
    return;
  }
  const rows = clients.map((client: unknown) => line('td', cells(client)));
  place.replaceChildren(
    element('table', {}, element('thead', {}, line('th', HEAD)), element('tbody', {}, ...rows)),
  );
}

function cells(client: unknown): string[] {
  const number = (name: string): number => Number(fieldOf(client, name) ?? 0);
  const topics = fieldOf(client, 'subscriptions');
  const roundTrip = fieldOf(client, 'round_trip_ms');
  return [
    `${textOf(client, 'name') || 'nobody'} (${textOf(client, 'role') || 'not signed in'})`,
    textOf(client, 'address'),
    textOf(client, 'since').slice(11, 19),
    Array.isArray(topics) ? topics.join(' ') : '',
    `${number('sent_messages')} / ${Math.ceil(number('sent_bytes') / 1024)} KiB`,
    typeof roundTrip === 'number' ? `${roundTrip.toFixed(1)} ms` : '',
    `${number('waiting_messages')} / ${Math.ceil(number('waiting_bytes') / 1024)} KiB`,
    `${number('dropped_events')} events, ${number('rate_limited')} refused`,
    fieldOf(client, 'stalled') === true ? 'does not read' : 'well',
  ];
}

function line(tag: 'td' | 'th', texts: readonly string[]): HTMLTableRowElement {
  return element('tr', {}, ...texts.map((textContent) => element(tag, { textContent })));
}
