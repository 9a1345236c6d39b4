// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Room } from './room.js';

const room = (): Room => new Room({ records: 4, bytes: 100, stalledMs: 1000 });
const overloaded = expect.objectContaining({ status: 503, code: 'overloaded', retryAfter: 1 });
const away = expect.objectContaining({ status: 503, code: 'broker_unavailable', retryAfter: 5 });

describe('room for events in hand', () => {
  it('is bounded in events and in bytes, and is given back', () => {
    const all = room();
    const places = ['a', 'a', 'b', 'b'].map((source) => all.enter(source, 1, 0));
    expect(() => all.enter('c', 1, 0)).toThrow(overloaded);
    places[0]?.leave();
    places[0]?.leave();
    all.enter('c', 96, 0);
    expect(all.inHand).toEqual({ records: 4, bytes: 99 });
    places[1]?.leave();
    expect(() => all.enter('b', 2, 0)).toThrow(overloaded);
  });

  it('one source takes half at most, so that none starves another', () => {
    const all = room();
    all.enter('a', 1, 0);
    all.enter('a', 1, 0);
    expect(() => all.enter('a', 1, 0)).toThrow(overloaded);
    all.enter('b', 1, 0);
  });

  it('a body of unknown length counts in full until it was read', () => {
    const all = room();
    const place = all.enter('a', 50, 0);
    expect(() => all.enter('a', 1, 0)).toThrow(overloaded);
    place.hasBytes(10);
    all.enter('a', 40, 0);
    place.leave();
    expect(all.inHand).toEqual({ records: 1, bytes: 40 });
  });

  it('the events of a batch count each, and are given back together', () => {
    const all = room();
    const place = all.enter('a', 10, 0);
    expect(() => place.holdsEvents(3)).toThrow(overloaded);
    place.holdsEvents(2);
    expect(() => all.enter('a', 1, 0)).toThrow(overloaded);
    place.leave();
    expect(all.inHand).toEqual({ records: 0, bytes: 0 });
  });

  it('while Kafka acknowledges nothing, nothing more is taken', () => {
    const all = room();
    const first = all.enter('a', 1, 0);
    const second = all.enter('b', 1, 0);
    first.pendingSince(0);
    second.pendingSince(900);
    all.enter('a', 1, 1000).leave();
    expect(() => all.enter('a', 1, 1001)).toThrow(away);
    first.leave();
    all.enter('a', 1, 1001).leave();
    expect(() => all.enter('a', 1, 1901)).toThrow(away);
  });

  it('a sender that is slow with its body is no sign of Kafka being away', () => {
    const all = room();
    all.enter('a', 1, 0);
    all.enter('b', 1, 60_000);
  });
});
