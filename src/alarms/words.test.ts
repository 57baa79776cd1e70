import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.js';
import { troubleOf } from './words.js';

describe('why what was chosen is not heard', () => {
  it.each([
    [new AppError('ERR_PLAYLIST_NOT_FOUND', 'no playlist has this id'), /not in the library any more/],
    [new AppError('ERR_ALBUM_NOT_FOUND', 'no album'), /not in the library any more/],
    [new AppError('ERR_UNPLAYABLE', 'there is no music in it'), /^there is no music in it$/],
    ['out of order', /out of order/],
  ])('%s', (thrown, words) => expect(troubleOf(thrown)).toMatch(words));
});
