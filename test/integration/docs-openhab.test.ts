import vm from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DocsHouse } from './docs-rig.js';

type Settings = Readonly<Record<string, string>>;

interface Channel {
  readonly type: string;
  readonly settings: Settings;
}

interface Thing {
  readonly id: string;
  readonly settings: Settings;
  readonly channels: ReadonlyMap<string, Channel>;
}

const settingsOf = (text: string): Settings =>
  Object.fromEntries(
    [...text.matchAll(/(\w+)=(?:"([^"]*)"|(\d+))/g)].map((found) => [found[1]!, found[2] ?? found[3]!]),
  );

/** As much of the language of things files as the page uses; what does not fit into it is an error. */
function thingOf(text: string): Thing {
  const [whole, id, settings = '', channels = ''] =
    /^Thing http:url:(\w+) "[^"]+" \[([^\]]*)\] \{\s*Channels:([^}]*)\}$/.exec(text) ?? [];
  if (whole === undefined || id === undefined) throw new Error('this is no thing');
  const found = new Map<string, Channel>();
  for (const line of channels.split('\n').filter((each) => each.trim() !== '')) {
    const [, type, name, own = ''] = /^ {4}Type (\w+) : (\w+) "[^"]+" \[ (.*) \]$/.exec(line) ?? [];
    if (type === undefined || name === undefined) throw new Error(`this is no channel: ${line}`);
    found.set(name, { type, settings: settingsOf(own) });
  }
  return { id, settings: settingsOf(settings), channels: found };
}

let house: DocsHouse;
let thing: Thing;
beforeAll(async () => {
  house = await DocsHouse.start();
  thing = thingOf(house.example('openhab', 'things'));
});
afterAll(() => house.close());
afterEach(() => house.quiet());

/** A chain of transformations; undefined = one of them found nothing, and the item stays as it is. */
function transform(chain: string | undefined, text: string): string | undefined {
  let value: unknown = text;
  for (const step of chain?.split('∩') ?? []) {
    const [, service, pattern = ''] = /^(JSONPATH|JS):(.+)$/.exec(step) ?? [];
    if (service === 'JSONPATH') {
      value = JSON.parse(String(value)) as unknown;
      for (const key of pattern.split('.').slice(1))
        value = (value as Record<string, unknown> | undefined)?.[key];
    } else if (service === 'JS')
      value = vm.runInNewContext(house.example('openhab', pattern), { input: String(value) });
    else throw new Error(`no transformation ${step}`);
    if (value === undefined) return undefined;
  }
  return String(value);
}

function headers(): Record<string, string> {
  const [name = '', value = ''] = thing.settings['headers']!.split(/=(.*)/);
  return { [name]: value };
}

async function read(name: string): Promise<string | undefined> {
  const { settings } = thing.channels.get(name)!;
  const answer = await fetch(`${thing.settings['baseURL']}/${settings['stateExtension']}`, {
    headers: headers(),
  });
  return transform(settings['stateTransformation'], await answer.text());
}

async function command(name: string, value: string): Promise<void> {
  const { settings } = thing.channels.get(name)!;
  const answer = await fetch(`${thing.settings['baseURL']}/${settings['commandExtension']}`, {
    method: thing.settings['commandMethod']!,
    headers: { ...headers(), 'content-type': thing.settings['contentType']! },
    body: transform(settings['commandTransformation'], value)!,
  });
  if (!answer.ok) throw new Error(await answer.text());
}

describe('the things for openHAB', () => {
  it('know state and title', async () => {
    expect(await read('state')).toBe('stopped');
    expect(await read('title')).toBeUndefined();
    await house.playAlbum();
    expect(await read('state')).toBe('playing');
    expect(await read('title')).toBe('Kind of Blue 1');
  });

  it('turn the volume in percent', async () => {
    await command('volume', '35');
    expect((await house.playback()).volume).toBe(0.35);
    expect(await read('volume')).toBe('35');
  });

  it('mute, in the words of a switch', async () => {
    const { settings } = thing.channels.get('muted')!;
    for (const value of [settings['onValue']!, settings['offValue']!]) {
      await command('muted', value);
      expect(await read('muted')).toBe(value);
    }
    expect((await house.playback()).muted).toBe(false);
  });

  it('are what the items stand for', () => {
    const items = house.example('openhab', 'items').split('\n');
    const linked = items.flatMap((line) => /\{ channel="([^"]+)" \}$/.exec(line)?.[1] ?? []);
    expect(linked).toEqual([...thing.channels.keys()].map((name) => `http:url:${thing.id}:${name}`));
    for (const line of items) expect(line).toMatch(/^(String|Dimmer|Switch|Player) \w+ +"[^"]+"/);
  });
});

interface Rule {
  readonly name: string;
  readonly triggers: readonly { readonly item: string; readonly command: string | undefined }[];
  execute(event: { receivedCommand: string }): unknown;
}

/** As `openhab-js` is seen by a script. */
function rulesOf(text: string): { rules: Rule[]; asked: { url: string; init: RequestInit }[] } {
  const rules: Rule[] = [];
  const asked: { url: string; init: RequestInit }[] = [];
  const openhab = {
    rules: { JSRule: (rule: Rule) => rules.push(rule) },
    triggers: { ItemCommandTrigger: (item: string, command?: string) => ({ item, command }) },
    actions: {
      HTTP: {
        sendHttpPostRequest(url: string, type: string, body: string, given: object, timeoutMs: number) {
          expect(timeoutMs).toBeGreaterThan(1_000);
          asked.push({ url, init: { method: 'POST', body, headers: { ...given, 'content-type': type } } });
        },
      },
    },
  };
  const require = (name: string): unknown => (name === 'openhab' ? openhab : undefined);
  vm.runInNewContext(text, { require });
  return { rules, asked };
}

describe('the rules for openHAB', () => {
  /** Sends a command to an item, and lets every rule that waits for it do what it does. */
  async function send(item: string, receivedCommand: string): Promise<unknown> {
    expect(house.example('openhab', 'items')).toMatch(new RegExp(`^(Switch|Player) ${item} `, 'm'));
    const { rules, asked } = rulesOf(house.example('openhab', 'rules'));
    const meant = rules.filter(({ triggers }) =>
      triggers.some(
        (trigger) => trigger.item === item && (trigger.command ?? receivedCommand) === receivedCommand,
      ),
    );
    for (const rule of meant) rule.execute({ receivedCommand });
    expect(asked).toHaveLength(1);
    const answer = await fetch(asked[0]!.url, asked[0]!.init);
    expect(answer.status).toBe(200);
    return answer.json();
  }

  it.each([
    ['PLAY', 'playing', 1],
    ['PAUSE', 'paused', 1],
    ['NEXT', 'playing', 2],
    ['PREVIOUS', 'playing', 1],
  ])('the player does %s', async (word, state, track) => {
    await house.playAlbum();
    await send('Kitchen_Player', word);
    await house.becomes(state, `Kind of Blue ${track}`);
  });

  it('the doorbell is heard', async () => {
    const { outcomes } = (await send('Doorbell', 'ON')) as { outcomes: { outcome: string }[] };
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
  });

  it('the living room comes and goes', async () => {
    await send('Together', 'ON');
    expect(await house.together()).toEqual(['kitchen', 'living-room']);
    await send('Together', 'OFF');
    expect(await house.together()).toEqual(['kitchen']);
  });
});
