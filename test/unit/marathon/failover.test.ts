import { describe, expect, it } from 'vitest';
import { Failover } from '../../../src/marathon/failover.ts';
import { type MarathonAddress, parseMarathonAddress } from '../../../src/marathon/marathon-address.ts';
import { MarathonError, type MarathonErrorKind } from '../../../src/marathon/marathon-error.ts';
import type { MarathonReply } from '../../../src/marathon/marathon-wire.ts';

const addresses = ['http://a', 'http://b', 'http://c'].map(parseMarathonAddress);

function reply(address: MarathonAddress, leader?: string): MarathonReply {
  const headers = new Map(leader === undefined ? [] : [['x-marathon-leader', leader]]);
  return { address, status: 200, headers, body: Buffer.from('') };
}

function failure(address: MarathonAddress, kind: MarathonErrorKind, status?: number): MarathonError {
  return new MarathonError({ kind, method: 'GET', url: `${address.origin}/x`, problem: kind, status });
}

describe('the addresses of a cluster', () => {
  it('are asked in turn after a failure that another may not have, and the one that answers is kept', async () => {
    const failover = new Failover(addresses);
    const asked: string[] = [];
    const kinds: MarathonErrorKind[] = ['Unreachable', 'NoLeader'];
    await failover.ask(async (address) => {
      asked.push(address.origin);
      const kind = kinds.shift();
      if (kind !== undefined) throw failure(address, kind);
      return reply(address);
    });
    expect(asked).toEqual(['http://a', 'http://b', 'http://c']);
    expect(failover.first.origin).toBe('http://c');
  });

  it.each<MarathonErrorKind>(['NotFound', 'PermissionDenied', 'BadRequest'])(
    'are not asked in turn after %s, which each would say',
    async (kind) => {
      const failover = new Failover(addresses);
      let asked = 0;
      const call = failover.ask(async (address) => {
        asked += 1;
        throw failure(address, kind);
      });
      await expect(call).rejects.toMatchObject({ kind });
      expect(asked).toBe(1);
      expect(failover.first.origin).toBe('http://a');
    },
  );

  it('that all fail give the failure that says most, and what the others said', async () => {
    const failover = new Failover(addresses);
    const call = failover.ask(async (address) => {
      throw address.origin === 'http://b' ? failure(address, 'ServerError', 500) : failure(address, 'Unreachable');
    });
    await expect(call).rejects.toMatchObject({
      kind: 'ServerError',
      status: 500,
      message: 'GET http://b/x: ServerError; also GET http://a/x: Unreachable; GET http://c/x: Unreachable',
    });
    expect(failover.first.origin).toBe('http://a');
  });

  it('are left for the leader that an answer names, if it is one of them', async () => {
    const failover = new Failover(addresses);
    await failover.ask(async (address) => reply(address, 'http://c:80'));
    expect(failover.first.origin).toBe('http://c');
    for (const other of ['http://elsewhere', 'no URL', '']) {
      await failover.ask(async (address) => reply(address, other));
      expect(failover.first.origin).toBe('http://c');
    }
  });

  it('are not left for a leader that cannot be reached again and again', async () => {
    const failover = new Failover(addresses.slice(0, 2));
    const asked: string[] = [];
    const send = async (address: MarathonAddress) => {
      asked.push(address.origin);
      if (address.origin === 'http://b') throw failure(address, 'TimedOut');
      return reply(address, 'http://b');
    };
    for (let count = 0; count < 4; count++) await failover.ask(send);
    expect(asked).toEqual(['http://a', 'http://b', 'http://a', 'http://a', 'http://a']);
  });

  it('are each asked once by each of several calls that fail at the same time', async () => {
    const failover = new Failover(addresses.slice(0, 2));
    const send = async (address: MarathonAddress) => {
      await Promise.resolve();
      if (address.origin === 'http://a') throw failure(address, 'Unreachable');
      return reply(address);
    };
    const replies = await Promise.all([1, 2, 3].map(() => failover.ask(send)));
    expect(replies.map(({ address }) => address.origin)).toEqual(['http://b', 'http://b', 'http://b']);
    expect(failover.first.origin).toBe('http://b');
  });

  it('are at least one', () => {
    expect(() => new Failover([])).toThrow('set --marathon');
  });

  it('pass on what is no failure of Marathon, such as an abort', async () => {
    const failover = new Failover(addresses);
    await expect(failover.ask(() => Promise.reject(new Error('aborted')))).rejects.toThrow('aborted');
    expect(failover.first.origin).toBe('http://a');
  });
});
