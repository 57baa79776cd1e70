import { CommandForm, type Requests } from './command-form.js';
import { connections } from './connections.js';
import { element, fieldOf, labelled, textOf } from './dom.js';
import type { JsonSchema } from './example.js';
import { FrameLog } from './frame-log.js';
import { Line } from './line.js';

/** Puts the console into the page that the server made. */
async function start(root: HTMLElement): Promise<void> {
  const requests = await requestsOf();
  const log = new FrameLog();
  const state = element('output', { className: 'state', textContent: 'not connected' });
  const connect = element('button', { type: 'button', className: 'main', textContent: 'Connect' });
  const token = element('input', { type: 'password', autocomplete: 'off', placeholder: 'tutti_…' });
  const signIn = element('button', { type: 'button', textContent: 'Sign in' });
  const topics = (root.dataset['topics'] ?? '').split(' ').filter((topic) => topic !== '');
  let open = false;
  const line = new Line({
    frame: (...frame) => log.add(...frame),
    state: (now, words) => {
      open = now !== 'closed';
      state.textContent = words;
      state.dataset['state'] = now;
      connect.textContent = open ? 'Disconnect' : 'Connect';
    },
    ready: () => line.send('subscribe', { topics }),
  });
  connect.addEventListener('click', () => (open ? line.close() : line.open()));
  signIn.addEventListener('click', () => {
    line.send('auth', { token: token.value });
    token.value = '';
  });
  const form = new CommandForm(requests, (type, data) => line.send(type, data));
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-try]'))
    button.addEventListener('click', () => {
      form.choose(button.dataset['try'] ?? '');
      root.scrollIntoView();
    });
  root.append(
    element('div', { className: 'bar' }, connect, labelled('Token', token), signIn, state),
    element('div', { className: 'console' }, form.root, log.root),
    connections(),
  );
  line.open();
}

/** What each frame from here to the server may have in `data`. */
async function requestsOf(): Promise<Requests> {
  const answer = await fetch('/api/v1/asyncapi.json');
  const messages = fieldOf(fieldOf(await answer.json(), 'components'), 'messages') ?? {};
  return new Map(
    Object.entries(messages)
      .filter(([key]) => key.startsWith('send_'))
      .map(([, message]): [string, JsonSchema] => {
        const properties = fieldOf(fieldOf(message, 'payload'), 'properties');
        return [textOf(message, 'name'), fieldOf(properties, 'data') ?? {}];
      })
      .sort(([a], [b]) => a.localeCompare(b)),
  );
}

const root = document.getElementById('console');
if (root)
  start(root).catch((error: unknown) => {
    root.append(element('p', { className: 'fault', role: 'alert', textContent: String(error) }));
  });
