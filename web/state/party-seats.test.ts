import { describe, expect, it } from 'vitest';
import { SeatBook, type Seat } from './party-seats.js';

const seat = (participant_id: string, name = 'Ana'): Seat => ({
  participant_id,
  secret: 's',
  invite: 'i',
  name,
});

function shelf(text?: string) {
  const kept = new Map(text === undefined ? [] : [['tutti-party', text]]);
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

describe('seats', () => {
  it('are there again after a reload, with the name', () => {
    const storage = shelf();
    new SeatBook(() => storage).set('kitchen', seat('p1'));
    expect(new SeatBook(() => storage).now).toEqual({ name: 'Ana', seats: { kitchen: seat('p1') } });
  });
  it('are given up one by one, and the name stays', () => {
    const book = new SeatBook(() => shelf());
    book.set('kitchen', seat('p1'));
    book.set('bath', seat('p2', 'Anna'));
    expect(book.set('kitchen', undefined)).toEqual({ name: 'Anna', seats: { bath: seat('p2', 'Anna') } });
  });
  it('of another tab are left alone', () => {
    const storage = shelf();
    const one = new SeatBook(() => storage);
    const other = new SeatBook(() => storage);
    one.set('kitchen', seat('p1'));
    expect(Object.keys(other.set('bath', seat('p2')).seats)).toEqual(['kitchen', 'bath']);
  });
  it('last for the visit where the browser keeps nothing', () => {
    const book = new SeatBook(() => {
      throw new Error('refused');
    });
    book.set('kitchen', seat('p1'));
    expect(book.now.seats).toEqual({ kitchen: seat('p1') });
  });
  it('begin anew from what cannot be read', () => {
    expect(new SeatBook(() => shelf('{"seats": 7')).now).toEqual({ name: '', seats: {} });
    expect(new SeatBook(() => shelf('{"name": "Ana", "seats": {"kitchen": {}}}')).now).toEqual({
      name: 'Ana',
      seats: {},
    });
  });
});
