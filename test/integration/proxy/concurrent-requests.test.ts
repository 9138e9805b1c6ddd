import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();
const CLIENTS = 40;
const REQUESTS = 25;

test(`${CLIENTS} clients at once: each gets the answers to its own requests, in order`, async () => {
  const random = seededRandom(7);
  stage.origin.script = {
    onRequest: (connection, { body }) => {
      const text = `${body} ${'y'.repeat(Math.floor(random() * 5000))}`;
      const whole =
        random() < 0.5
          ? `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`
          : `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
      const cut = Math.floor(random() * whole.length);
      connection.send(whole.slice(0, cut));
      setImmediate(() => connection.send(whole.slice(cut)));
    },
  };
  const converse = async (name: number): Promise<void> => {
    const client = await stage.client();
    for (let asked = 0; asked < REQUESTS; asked++) {
      const id = `${name}/${asked}`;
      const answer = await client.ask(
        `POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${id.length}\r\n\r\n${id}`,
        { splitAt: 40 + (asked % 30) },
      );
      expect(answer.body.toString().split(' ')[0]).toBe(id);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, name) => converse(name)));
  expect(stage.origin.requests).toHaveLength(CLIENTS * REQUESTS);
  expect(new Set(stage.origin.requests.map(({ body }) => body.toString())).size).toBe(CLIENTS * REQUESTS);
  expect(stage.origin.malformed).toEqual([]);
  expect(stage.origin.connections.length).toBeLessThanOrEqual(CLIENTS);
});
