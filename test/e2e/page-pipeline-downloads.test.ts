import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, download, PHONE } from './pipeline-stage.js';

const { open } = pageStage();
const MB = 1_048_576;

describe('downloads', () => {
  it('are a tap away from the library, and begin with an address that is pasted', async () => {
    const { page, fake, complaints } = await open('#/library/albums', {}, PHONE);
    await page.getByRole('link', { name: 'Add music' }).click();
    await page.getByText('Nothing is on its way.').waitFor();
    const field = page.getByRole('textbox', { name: 'Address of music' });
    const box = (await field.boundingBox())!;
    expect(box.y).toBeGreaterThan(844 / 2);
    await field.fill(' music.example/Blue%20Hours.flac ');
    await page.keyboard.press('Enter');
    await page.getByRole('progressbar', { name: 'Blue Hours.flac' }).waitFor();
    expect(fake.house.pipeline.asked).toEqual([
      { type: 'download:add', request: { url: 'https://music.example/Blue%20Hours.flac' } },
    ]);
    expect(await field.inputValue()).toBe('');
    expect(complaints).toEqual([]);
  });

  it('keep the address when it is refused, and say why', async () => {
    const { page } = await open('#/downloads', {}, PHONE);
    const field = page.getByRole('textbox', { name: 'Address of music' });
    await field.fill('http://192.168.1.1/');
    await button(page, 'Fetch').click();
    await page.getByRole('alert').getByText('This address is inside the own network').waitFor();
    expect(await field.inputValue()).toBe('http://192.168.1.1/');
  });

  it('go into the queue of the room when that is wanted', async () => {
    const { page, fake } = await open('#/downloads', {}, PHONE);
    await page.getByLabel('Queue it in Living room').check();
    await page.getByRole('textbox', { name: 'Address of music' }).fill('https://music.example/a.flac');
    await button(page, 'Fetch').click();
    await until('it was asked for', () => fake.house.pipeline.asked.length === 1);
    expect(fake.house.pipeline.asked[0]?.request).toMatchObject({ room_id: 'living-room' });
  });

  it('are ended by who asked for them, and by nobody else', async () => {
    const you = { role: 'user', subject_id: 'u-ben', name: 'Ben' } as const;
    const { page, fake } = await open('#/downloads', { you }, PHONE);
    fake.house.pipeline.put(
      'downloads',
      download({ download_id: 'd-ada', title: 'Of Ada', username: 'Ada' }),
    );
    fake.house.pipeline.put(
      'downloads',
      download({ download_id: 'd-ben', title: 'Of Ben', username: 'Ben' }),
    );
    await button(page, 'Give up Of Ben').waitFor();
    await page.getByText('Of Ada').waitFor();
    expect(await button(page, 'Give up Of Ada').count()).toBe(0);
  });

  it('show how far, how fast and how long, as it is told', async () => {
    const { page, fake } = await open('#/downloads', {}, PHONE);
    fake.house.pipeline.put('downloads', download());
    await page.getByText('40 % of 25.0 MB · 1.5 MB/s · 10 s left').waitFor();
    fake.house.pipeline.progress('d-one', 64, 2_000_000, 5);
    await page.getByText('64 % of 25.0 MB · 2.0 MB/s · 5 s left').waitFor();
    const bar = page.getByRole('progressbar', { name: 'Blue Hours' });
    expect(await bar.getAttribute('aria-valuenow')).toBe('64');
    fake.house.pipeline.put('downloads', download({ state: 'handed_on', progress: 100, album_id: 'al3' }));
    await page.getByRole('link', { name: 'Show the album' }).click();
    await page.getByRole('region', { name: 'Album' }).waitFor();
  });

  it('tell no speed any more when nothing is heard', async () => {
    const { page, fake } = await open('#/downloads', {}, PHONE);
    fake.house.pipeline.put('downloads', download());
    await page.getByText('1.5 MB/s').waitFor();
    await page.evaluate(() => {
      const now = Date.now;
      Date.now = () => now() + 20_000;
    });
    await page.getByText(/40 % of 25.0 MB · no news for 2\d s/).waitFor();
    expect(await page.getByText('1.5 MB/s').count()).toBe(0);
  });

  it('are held, go on, are given up, tried again and removed', async () => {
    const { page, fake } = await open('#/downloads', {}, PHONE);
    const { pipeline } = fake.house;
    const state = () => pipeline.get('downloads', 'd-one').state;
    pipeline.put('downloads', download());
    await button(page, 'Hold Blue Hours').click();
    await page.getByText('On hold at 40 % of 25.0 MB').waitFor();
    await button(page, 'Go on with Blue Hours').click();
    await until('it runs', () => state() === 'running');
    await button(page, 'Give up Blue Hours').click();
    await page.getByText('Given up at 40 % of 25.0 MB').waitFor();
    await page.getByRole('button', { name: 'Try again: Blue Hours' }).click();
    await until('it runs again', () => state() === 'running');
    const error = 'What came is a web page, not music';
    pipeline.change('downloads', 'd-one', { state: 'failed', error });
    await page.getByText(error).waitFor();
    await button(page, 'Remove Blue Hours from this list').click();
    await page.getByText('Nothing is on its way.').waitFor();
    expect(pipeline.list('downloads')).toEqual([]);
  });

  it('can be used by everybody', async () => {
    const { page, fake } = await open('#/downloads', {}, PHONE);
    const { pipeline } = fake.house;
    const longTitle = 'Counting Glass Mountains and the Long Way Home from the Ferry (Deluxe Edition)';
    pipeline.put(
      'downloads',
      download({ download_id: 'd4', state: 'handed_on', title: 'Slow Light', candidate_id: 'c' }),
    );
    pipeline.put(
      'downloads',
      download({
        download_id: 'd3',
        state: 'failed',
        title: longTitle,
        error: 'The server does not have it any more (404)',
        retry_available: true,
      }),
    );
    pipeline.put('downloads', download({ download_id: 'd2', state: 'paused', title: 'Paper Harbour' }));
    pipeline.put('downloads', download());
    await page.getByText('Paper Harbour').waitFor();
    await auditPage(page, 'downloads');
  });
});

describe('uploads', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tutti-page-upload-'));
    await mkdir(join(dir, 'Leaving Snow/CD1'), { recursive: true });
    await writeFile(join(dir, 'Leaving Snow/CD1/01 Home.flac'), Buffer.alloc(5 * MB, 1));
    await writeFile(join(dir, 'Leaving Snow/CD1/02 Ferry.flac'), Buffer.alloc(3 * MB, 2));
    await writeFile(join(dir, 'Leaving Snow/cover.jpg'), Buffer.alloc(1000, 3));
    await writeFile(join(dir, 'Leaving Snow/.DS_Store'), 'junk');
    await writeFile(join(dir, 'Leaving Snow.flac'), Buffer.alloc(100, 4));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));
  const folder = () => join(dir, 'Leaving Snow');

  it('send a whole folder with its paths, without what systems leave in it', async () => {
    const { page, fake, complaints } = await open('#/downloads', {}, PHONE);
    await page.getByLabel('Send a folder').setInputFiles(folder());
    await until('it is there', () => [...fake.house.pipeline.uploads.values()][0]?.finished === true);
    const upload = [...fake.house.pipeline.uploads.values()][0]!;
    expect(upload.request.title).toBe('Leaving Snow');
    expect(upload.request.files.map(({ path }) => path)).toEqual([
      'CD1/01 Home.flac',
      'CD1/02 Ferry.flac',
      'cover.jpg',
    ]);
    expect(upload.files.map(({ length }) => length)).toEqual([5 * MB, 3 * MB, 1000]);
    expect(upload.files[1]!.every((byte) => byte === 2)).toBe(true);
    await page.getByText('Everything is here and is looked at').waitFor();
    expect(complaints).toEqual([]);
  });

  it('go on by themselves when the line breaks, from where they were', async () => {
    const { page, fake } = await open('#/downloads', {}, PHONE);
    fake.pieces = 2;
    await page.getByLabel('Send a folder').setInputFiles(folder());
    await page
      .getByText(/The connection is away: it goes on by itself · 4.2 MB of 8.4 MB · 3 files left/)
      .waitFor();
    fake.pieces = Infinity;
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await until('it is there', () => [...fake.house.pipeline.uploads.values()][0]?.finished === true);
    expect([...fake.house.pipeline.uploads.values()][0]!.files[0]!.length).toBe(5 * MB);
    expect(fake.received.filter((type) => type === 'upload:begin')).toHaveLength(1);
  });

  it('go on after a reload when the same folder is chosen again', async () => {
    const { page, fake } = await open('#/downloads', {}, PHONE);
    fake.pieces = 1;
    await page.getByLabel('Send a folder').setInputFiles(folder());
    await page.getByText(/it goes on by itself/).waitFor();
    page.on('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await page.getByText('The rest is on the phone that sends it.').waitFor();
    fake.pieces = Infinity;
    await page.getByLabel('Send a folder').setInputFiles(folder());
    await until('it is there', () => [...fake.house.pipeline.uploads.values()][0]?.finished === true);
    expect(fake.house.pipeline.uploads.size).toBe(1);
  });

  it('are held, go on and are given up', async () => {
    const { page, fake } = await open('#/downloads', {}, PHONE);
    fake.pieces = 1;
    await page.getByLabel('Send files').setInputFiles(join(folder(), 'CD1/01 Home.flac'));
    await page.getByText(/it goes on by itself/).waitFor();
    await button(page, 'Hold sending 01 Home').click();
    await page.getByText(/On hold · 2.1 MB of 5.2 MB · 1 file left/).waitFor();
    await auditPage(page, 'upload');
    await button(page, 'Do not send 01 Home').click();
    await page.getByRole('list', { name: 'Uploads' }).waitFor({ state: 'detached' });
    await page.getByText(/Given up at/).waitFor();
    expect(fake.house.pipeline.list('downloads')[0]?.state).toBe('cancelled');
  });

  it('begin when a folder and a file are dropped on the page, each by itself', async () => {
    const { page, fake } = await open('#/downloads', {}, PHONE);
    const line = await page.context().newCDPSession(page);
    const data = { items: [], files: [folder(), join(dir, 'Leaving Snow.flac')], dragOperationsMask: 1 };
    const at = { x: 200, y: 400, data };
    await line.send('Input.dispatchDragEvent', { type: 'dragEnter', ...at });
    await page.getByText('Let go to send it').waitFor();
    await line.send('Input.dispatchDragEvent', { type: 'dragOver', ...at });
    await line.send('Input.dispatchDragEvent', { type: 'drop', ...at });
    const sent = () => [...fake.house.pipeline.uploads.values()];
    await until('both are there', () => sent().filter(({ finished }) => finished).length === 2);
    expect(sent().map(({ request: { title, files } }) => [title, files.length])).toEqual([
      ['Leaving Snow', 3],
      ['Leaving Snow', 1],
    ]);
    expect(await page.getByText('Let go to send it').count()).toBe(0);
  });

  it('say when there is nothing in it to send', async () => {
    const { page } = await open('#/downloads', {}, PHONE);
    const junk = { name: '.DS_Store', mimeType: 'application/octet-stream', buffer: Buffer.from('x') };
    await page.getByLabel('Send files').setInputFiles(junk);
    await page.getByRole('alert').getByText('There is no file in it that can be sent').waitFor();
  });
});
