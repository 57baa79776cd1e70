import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { until } from '../until.js';
import { DocsHouse, type Program } from './docs-rig.js';

const Command = z.strictObject({
  url: z.string(),
  method: z.enum(['post', 'put']),
  headers: z.record(z.string(), z.string()),
  content_type: z.literal('application/json'),
  payload: z.string(),
});
const Action = z.strictObject({
  action: z.string().regex(/^rest_command\./),
  data: z.record(z.string(), z.unknown()),
});
type Action = z.infer<typeof Action>;
const Sensor = z.strictObject({
  name: z.string(),
  unique_id: z.string(),
  value_template: z.string(),
  json_attributes_path: z.literal('$.playback').optional(),
  json_attributes: z.array(z.string()).optional(),
});
const Package = z.strictObject({
  rest_command: z.record(z.string(), Command),
  rest: z.tuple([
    z.strictObject({
      resource: z.url(),
      headers: z.record(z.string(), z.string()),
      scan_interval: z.number(),
      sensor: z.array(Sensor),
    }),
  ]),
  template: z.tuple([
    z.strictObject({
      number: z.tuple([z.looseObject({ state: z.string(), set_value: z.array(Action) })]),
    }),
    z.strictObject({ button: z.tuple([z.looseObject({ press: z.array(Action) })]) }),
  ]),
  automation: z.array(
    z.strictObject({
      alias: z.string(),
      triggers: z.array(z.looseObject({ trigger: z.literal('state') })),
      actions: z.array(Action),
    }),
  ),
});

/** Jinja2 itself, with what Home Assistant adds to it and the package uses. A text that is one template has a value of its own kind. */
const RENDER = `
import ast, json, sys
from jinja2.sandbox import ImmutableSandboxedEnvironment

environment = ImmutableSandboxedEnvironment()
environment.filters["to_json"] = json.dumps
for line in sys.stdin:
    asked = json.loads(line)
    attributes = asked["vars"].pop("attributes", {})
    environment.globals["state_attr"] = lambda entity, name: attributes.get(entity, {}).get(name)
    text = environment.from_string(asked["text"]).render(asked["vars"]).strip()
    value = text
    if asked["native"]:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            pass
    print(json.dumps(value))
`;

/** What each command is given when somebody tries it. */
const TRIED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  tutti: { room: 'kitchen', verb: 'play' },
  tutti_volume: { room: 'kitchen', volume: 0.35 },
  tutti_radio: { room: 'kitchen', url: 'http://127.0.0.1:9/radio', title: 'The "late" show' },
  tutti_announce: { rooms: ['kitchen'], url: 'http://127.0.0.1:9/bell.mp3' },
  tutti_group: { room: 'kitchen', players: ['living-room'] },
};

let house: DocsHouse;
let jinja: Program;
let home: z.infer<typeof Package>;
beforeAll(async () => {
  house = await DocsHouse.start();
  jinja = house.begin('python', RENDER);
  const secrets = z.record(z.string(), z.string()).parse(parse(house.example('yaml', 'ha-secrets')));
  const secret = { tag: '!secret', resolve: (name: string): string => secrets[name] ?? `no secret ${name}` };
  home = Package.parse(parse(house.example('yaml', 'ha-package'), { customTags: [secret], merge: true }));
});
afterAll(() => house.close());
afterEach(() => house.quiet());

async function render(text: string, vars: object, native = false): Promise<unknown> {
  const before = jinja.lines.length;
  jinja.tell({ text, vars, native });
  await until(`${text} is rendered`, () => {
    if (jinja.ended) throw new Error(jinja.said);
    return jinja.said.endsWith('\n') && jinja.lines.length > before;
  });
  return JSON.parse(jinja.lines[before]!) as unknown;
}

/** As the integration `rest_command` does it. */
async function call(name: string, data: object): Promise<unknown> {
  const command = home.rest_command[name];
  if (!command) throw new Error(`no rest_command ${name}`);
  const answer = await fetch(String(await render(command.url, data)), {
    method: command.method.toUpperCase(),
    headers: { ...command.headers, 'content-type': command.content_type },
    body: String(await render(command.payload, data)),
  });
  if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`);
  return answer.json();
}

/** As a script does it: what it is given are templates, too. */
async function act(actions: readonly Action[], vars: object = {}): Promise<void> {
  for (const { action, data } of actions) {
    const given: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(data))
      given[key] = typeof value === 'string' ? await render(value, vars, true) : value;
    await call(action.slice('rest_command.'.length), given);
  }
}

describe('the package for Home Assistant', () => {
  it('has commands that all are tried here', () => {
    expect(Object.keys(home.rest_command)).toEqual(Object.keys(TRIED));
  });

  it('turns the volume', async () => {
    await call('tutti_volume', TRIED['tutti_volume']!);
    expect((await house.playback()).volume).toBe(0.35);
  });

  it.each([
    ['play', 'playing', 'Kind of Blue 1'],
    ['pause', 'paused', 'Kind of Blue 1'],
    ['stop', 'stopped', 'Kind of Blue 1'],
    ['next', 'playing', 'Kind of Blue 2'],
    ['previous', 'playing', 'Kind of Blue 1'],
  ])('%s', async (verb, state, title) => {
    await house.playAlbum();
    await call('tutti', { ...TRIED['tutti'], verb });
    await house.becomes(state, title);
  });

  it('plays a station, whatever its name', async () => {
    await call('tutti_radio', TRIED['tutti_radio']!);
    await house.becomes('playing', 'The "late" show');
  });

  it('brings the living room into the kitchen', async () => {
    await call('tutti_group', TRIED['tutti_group']!);
    expect(await house.together()).toEqual(['kitchen', 'living-room']);
  });

  it('announces, and the music stands still meanwhile', async () => {
    await house.playAlbum();
    const outcomes = [{ player_id: 'kitchen', outcome: 'applied' }];
    expect(await call('tutti_announce', TRIED['tutti_announce']!)).toEqual({ outcomes });
    await house.becomes('paused', 'Kind of Blue 1');
  });

  it('has sensors that know what plays', async () => {
    const [{ resource, headers, sensor }] = home.rest;
    const [state, title] = sensor;
    const ask = async (template: string): Promise<unknown> => {
      const value_json = await (await fetch(resource, { headers })).json();
      return render(template, { value_json });
    };
    expect(await ask(state!.value_template)).toBe('stopped');
    expect(await ask(title!.value_template)).toBe('nothing');
    await house.playAlbum();
    expect(await ask(state!.value_template)).toBe('playing');
    expect(await ask(title!.value_template)).toBe('Kind of Blue 1');
    expect(Object.keys(await house.playback())).toEqual(expect.arrayContaining(state!.json_attributes!));
  });

  it('has a slider and a button', async () => {
    const [{ number }, { button }] = home.template;
    const attributes = { 'sensor.tutti_kitchen': await house.playback() };
    expect(await render(number[0].state, { attributes }, true)).toBe(50);
    expect(await render(number[0].state, {}, true)).toBe(0);
    await act(number[0].set_value, { value: 40 });
    expect((await house.playback()).volume).toBe(0.4);
    await house.playAlbum();
    await act(button[0].press);
    await house.becomes('playing', 'Kind of Blue 2');
  });

  it('has automations that do what they are called', async () => {
    const [doorbell, nobody] = home.automation;
    await house.playAlbum();
    await act(nobody!.actions);
    await house.becomes('paused', 'Kind of Blue 1');
    await act(doorbell!.actions);
    expect(home.automation).toHaveLength(2);
  });
});

describe('the script that tells Home Assistant', () => {
  let hass: Server;
  const told: { entity: string; authorization: string | undefined; body: unknown }[] = [];
  beforeAll(async () => {
    hass = createServer((request, answer) => {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        const entity = (request.url ?? '').replace('/api/states/', '');
        told.push({
          entity,
          authorization: request.headers.authorization,
          body: JSON.parse(text) as unknown,
        });
        answer.end('{}');
      });
    });
    await new Promise<void>((resolve) => hass.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => hass.close(resolve)));

  it('makes a sensor of every room and keeps it right', async () => {
    const HASS = `http://127.0.0.1:${(hass.address() as AddressInfo).port}`;
    const script = house.begin('python', house.example('python alone', 'ha-push'), {
      HASS,
      HASS_TOKEN: 'ha',
    });
    const tells = (entity: string, body: object): Promise<void> =>
      until(`${entity} is told`, () => {
        if (script.ended) throw new Error(script.said);
        const last = told.findLast((each) => each.entity === entity);
        return last !== undefined && JSON.stringify(last.body).includes(JSON.stringify(body).slice(1, -1));
      });
    await tells('sensor.tutti_kitchen', { state: 'stopped' });
    await tells('sensor.tutti_living_room', { friendly_name: 'Living room' });
    expect(told[0]!.authorization).toBe('Bearer ha');
    await house.playAlbum();
    await tells('sensor.tutti_kitchen', { title: 'Kind of Blue 1', artist: 'The Oscillators' });
    await house.ask('PUT', 'rooms/kitchen/volume', { volume: 0.15 });
    await tells('sensor.tutti_kitchen', { volume: 0.15 });
    await script.end();
  });
});
