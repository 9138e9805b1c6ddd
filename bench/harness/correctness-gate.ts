import { randomBytes } from 'node:crypto';
import { RawConnection } from './raw-exchange.ts';

/** A contestant may be timed only after it did all of these right, over raw sockets, against bench/origin.ts. */
interface Proof {
  readonly claim: string;
  prove(port: number): Promise<boolean>;
}

const HOST = 'Host: 127.0.0.1\r\n';

/** Runs `use` on a connection of its own. */
async function over<T>(port: number, use: (connection: RawConnection) => Promise<T>): Promise<T> {
  const connection = new RawConnection(port);
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
}

function get(path: string, fields = ''): string {
  return `GET /bench/${path} HTTP/1.1\r\n${HOST}${fields}\r\n`;
}

function post(path: string, body: Buffer): Buffer {
  const head = `POST /bench/${path} HTTP/1.1\r\n${HOST}Content-Type: application/octet-stream\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

const proofs: readonly Proof[] = [
  {
    claim: 'relays the status',
    prove: (port) =>
      over(port, async (connection) => {
        const missing = await connection.exchange(get('nowhere'));
        const empty = await connection.exchange(get('empty'));
        return missing.status === 404 && empty.status === 204;
      }),
  },
  {
    claim: 'relays a small body',
    prove: (port) =>
      over(port, async (connection) => {
        const { status, body } = await connection.exchange(get('small'));
        return status === 200 && body.toString() === 'hello from the origin';
      }),
  },
  {
    claim: 'answers HEAD without a body',
    prove: (port) =>
      over(port, async (connection) => {
        const request = `HEAD /bench/small HTTP/1.1\r\n${HOST}\r\n`;
        const head = await connection.exchange(request, { bodiless: true });
        const next = await connection.exchange(get('small'));
        return head.status === 200 && next.body.toString() === 'hello from the origin';
      }),
  },
  {
    claim: 'relays a body of 64 KiB byte for byte',
    prove: (port) =>
      over(port, async (connection) => {
        const { body } = await connection.exchange(get('64k'));
        return body.equals(Buffer.alloc(64 * 1024, 'abcdefghijklmnopqrstuvwxyz'));
      }),
  },
  {
    claim: 'passes request fields on',
    prove: (port) =>
      over(port, async (connection) => {
        const { body } = await connection.exchange(get('inspect', 'X-Bench: one two\r\nAccept: text/x-bench\r\n'));
        const seen = body.toString('latin1');
        return /^x-bench: one two\r?$/im.test(seen) && /^accept: text\/x-bench\r?$/im.test(seen);
      }),
  },
  {
    claim: 'passes answer fields on, repeated ones apart and in order',
    prove: (port) =>
      over(port, async (connection) => {
        const { fields } = await connection.exchange(get('cookies'));
        const cookies = fields.filter(([name]) => name === 'set-cookie').map(([, value]) => value);
        return (
          cookies.join('|') === 'a=1|b=2' && fields.some(([name, value]) => name === 'x-origin' && value === 'yes')
        );
      }),
  },
  {
    claim: 'relays a chunked answer',
    prove: (port) =>
      over(port, async (connection) => (await connection.exchange(get('chunked'))).body.toString() === 'hello chunks'),
  },
  {
    claim: 'passes a POST body on, with a length and chunked',
    prove: (port) =>
      over(port, async (connection) => {
        const sent = randomBytes(1024);
        const plain = await connection.exchange(post('echo', sent));
        const chunked = await connection.exchange(
          `POST /bench/echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n`,
        );
        return plain.body.equals(sent) && chunked.body.toString() === 'abcdefg';
      }),
  },
  {
    claim: 'keeps the caller’s connection and reuses the origin’s',
    prove: (port) =>
      over(port, async (connection) => {
        const before = Number((await connection.exchange(get('connections'))).body);
        for (let i = 0; i < 50; i++) await connection.exchange(get('small'));
        const after = Number((await connection.exchange(get('connections'))).body);
        return after - before <= 2;
      }),
  },
];

const upgradeProof: Proof = {
  claim: 'tunnels a WebSocket',
  prove: (port) =>
    over(port, async (connection) => {
      const request = get(
        'socket',
        'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
      );
      const { status, fields } = await connection.exchange(request, { bodiless: true });
      connection.send(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
      const frame = await connection.take(4);
      const accepted = fields.some(
        ([name, value]) => name === 'sec-websocket-accept' && value === 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      );
      return status === 101 && accepted && frame.equals(Buffer.from([0x81, 2, 0x68, 0x69]));
    }),
};

/**
 * What a contestant gets wrong, as sentences; empty: it may be timed.
 * @param port where the contestant listens, with bench/origin.ts behind it
 */
export async function correctnessGate(port: number, tunnelsWebSockets: boolean): Promise<string[]> {
  const failures: string[] = [];
  for (const { claim, prove } of tunnelsWebSockets ? [...proofs, upgradeProof] : proofs) {
    try {
      if (!(await prove(port))) failures.push(`does not hold: ${claim}`);
    } catch (error) {
      failures.push(`${claim}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failures;
}

/** The forwarding fields that arrive at the origin beside the caller's own; noted, as not every contestant can add all. */
export async function forwardingFields(port: number): Promise<string[]> {
  const { body } = await over(port, (connection) => connection.exchange(get('inspect')));
  const names = body
    .toString('latin1')
    .split('\r\n')
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
  return names.filter((name) => /^(via|forwarded|x-forwarded-.*|traceparent)$/.test(name)).sort();
}

/** How many batches of spans the collector (bench/origin.ts) has got; asked of it directly. */
export async function spanBatches(collectorPort: number): Promise<number> {
  return Number((await over(collectorPort, (connection) => connection.exchange(get('span-batches')))).body);
}
