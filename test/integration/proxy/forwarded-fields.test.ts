import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();
const FORGED = '6.6.6.6';
const names = [
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Port',
  'X-Forwarded-Server',
  'X-Forwarded-Prefix',
  'X-Forwarded-By',
  'X-Real-IP',
  'X_Forwarded_For',
  'X-Forwarded_For',
  'X_FORWARDED-HOST',
  'x_real_ip',
  'X-Real_IP',
];

describe.each(PACES)('what a client claims of its origin is replaced (%j)', (pace) => {
  test.each(names)('%s', async (name) => {
    const client = await stage.client();
    const lines = `${name}: ${FORGED}\r\nX-A: b\r\n${name.toLowerCase()}: for=${FORGED};host=${FORGED}`;
    await client.ask(`GET /svc/x HTTP/1.1\r\nHost: localhost:7700\r\n${lines}\r\n\r\n`, pace);
    const [request] = stage.origin.requests;
    expect(request?.head.lines.join('\n')).not.toContain(FORGED);
    expect(request?.head.value('x-forwarded-for')).toBe('127.0.0.1');
    expect(request?.head.value('x-forwarded-host')).toBe('localhost:7700');
    expect(request?.head.value('x-forwarded-proto')).toBe('http');
    expect(request?.head.value('forwarded')?.toLowerCase()).toMatch(/for="?127\.0\.0\.1/);
    expect(request?.head.value('forwarded')).toMatch(/proto=http/i);
    expect(request?.head.value('forwarded')).toMatch(/host="localhost:7700"/i);
    expect(request?.head.value('x-a')).toBe('b');
  });
});

test('Via of others is kept, and pilotfish is named once after it', async () => {
  const client = await stage.client();
  await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\nVia: 1.0 fred, 1.1 p.example.net\r\n\r\n');
  const values = stage.origin.requests[0]?.head.values('via').join(', ');
  expect(values).toMatch(/^1\.0 fred, 1\.1 p\.example\.net, 1\.1 pilotfish-[0-9A-Za-z_-]+$/);
});

test('Via of an answer is kept', async () => {
  stage.origin.script = {
    onRequest: (connection) => connection.send('HTTP/1.1 200 OK\r\nVia: 1.1 cache\r\nContent-Length: 2\r\n\r\nok'),
  };
  const client = await stage.client();
  const { head } = await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(head.values('via')[0]).toMatch(/^1\.1 cache/);
});

test('traceparent of a caller stays in its trace', async () => {
  const client = await stage.client();
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  await client.ask(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\ntraceparent: 00-${trace}-00f067aa0ba902b7-01\r\n\r\n`);
  expect(stage.origin.requests[0]?.head.value('traceparent')).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-0[01]$`));
});

describe('Location and other answers', () => {
  test.each([301, 302, 303, 307, 308])(
    'a %i is relayed with its Location as it is, and not followed',
    async (status) => {
      const location = 'http://169.254.169.254/latest/meta-data/?a=b#c';
      stage.origin.script = {
        onRequest: (connection) =>
          connection.send(`HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`),
      };
      const client = await stage.client();
      const answer = await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
      expect(answer.status).toBe(status);
      expect(answer.head.value('location')).toBe(location);
      expect(stage.origin.requests).toHaveLength(1);
    },
  );
});
