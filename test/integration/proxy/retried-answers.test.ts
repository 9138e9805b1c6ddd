import { describe, expect, test } from 'vitest';
import { useStage } from '../../support/raw-stage.ts';
import { OK } from '../../support/recording-origin.ts';
import { defaultSettings } from '../../support/upstream-parts.ts';

const GET = 'GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n';
const head = 'HTTP/1.1 503 Service Unavailable\r\n';

const stage = useStage({
  upstreamSettings: { svc: { retry: { ...defaultSettings.retry, on: [503], budget: 1 } } },
});

/** Each request's first attempt is answered with `refusal`, its second with 200. */
function refuseFirst(refusal: string): void {
  let attempts = 0;
  stage.origin.script = {
    onRequest: (connection) => connection.send(attempts++ % 2 === 0 ? refusal : OK),
  };
}

describe('an answer that another attempt replaces', () => {
  test.each([
    ['with a length', `${head}Content-Length: 4\r\n\r\nbusy`],
    ['in chunks', `${head}Transfer-Encoding: chunked\r\n\r\n4\r\nbusy\r\n0\r\n\r\n`],
    ['without content', `${head}Content-Length: 0\r\n\r\n`],
    ['of some size', `${head}Content-Length: 60000\r\n\r\n${'x'.repeat(60_000)}`],
  ])('is read to its end if it is short, so that its connection serves again: %s', async (_, refusal) => {
    refuseFirst(refusal);
    const client = await stage.client();
    const before = stage.origin.connections.length;
    for (let request = 0; request < 5; request++) {
      await client.write(GET);
      const answer = await client.readFinal('GET');
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toBe('ok');
    }
    expect(stage.origin.requests).toHaveLength(10);
    // The first attempt's, and one more, because the second does not wait for the first answer's end.
    expect(stage.origin.connections.length - before).toBeLessThanOrEqual(2);
  });

  test.each([
    ['with a great length', `${head}Content-Length: 1000000\r\n\r\nbusy`],
    ['in chunks without end', `${head}Transfer-Encoding: chunked\r\n\r\n20000\r\n${'x'.repeat(131_072)}`],
    ['that ends with its connection', `${head}\r\nbusy`],
    ['that is cut short', `${head}Content-Length: 4\r\n\r\nb`],
  ])('costs its connection if it is not: %s', async (_, refusal) => {
    refuseFirst(refusal);
    const client = await stage.client();
    await client.write(GET);
    expect((await client.readFinal('GET')).status).toBe(200);
    await stage.origin.until(() => stage.origin.openConnections === 1, 'the first connection to be dropped');
  });
});
