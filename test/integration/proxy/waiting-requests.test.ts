import { expect, test } from 'vitest';
import { expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';
import { OK } from '../../support/recording-origin.ts';
import { until } from '../../support/until.ts';

const GET = 'GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n';

const stage = useStage({ upstreamSettings: { svc: { limits: { connections: 1, pending: 2, requests: 0 } } } });

test('so many requests wait for a connection, and one more is told at once that it will not get one', async () => {
  const answers: (() => void)[] = [];
  stage.origin.script = { onRequest: (connection) => answers.push(() => connection.send(OK)) };
  const clients = [await stage.client(), await stage.client(), await stage.client()];
  for (const client of clients) await client.write(GET);
  await stage.origin.whenRequests(1);
  const inFlight = () => stage.proxy.upstreams.get('svc')?.inFlight;
  const underWay = () => stage.proxy.proxy.traffic().get('svc')?.requests;
  await until('three requests to be under way', async () => inFlight() === 3);

  const beyond = await stage.client();
  await beyond.write(GET);
  expectOwnAnswer(await beyond.readFinal('GET'), 503, 'connection_limit_reached');
  expect(stage.proxy.events.at(-1)).toMatchObject({ status: 503, error: 'limit_reached' });
  expect(inFlight()).toBe(3);
  expect(underWay()).toBe(3);

  for (const [index, client] of clients.entries()) {
    await stage.origin.whenRequests(index + 1);
    answers[index]?.();
    expect((await client.readFinal('GET')).body.toString()).toBe('ok');
  }
  expect(stage.origin.connections).toHaveLength(1);
  expect(inFlight()).toBe(0);
  expect(underWay()).toBe(0);
});

test('one that gives up waiting leaves its place to another', async () => {
  const answers: (() => void)[] = [];
  stage.origin.script = { onRequest: (connection) => answers.push(() => connection.send(OK)) };
  const first = await stage.client();
  await first.write(GET);
  await stage.origin.whenRequests(1);
  const waiting = [await stage.client(), await stage.client()];
  const inFlight = () => stage.proxy.upstreams.get('svc')?.inFlight;
  for (const client of waiting) await client.write(GET);
  await until('two requests to wait', async () => inFlight() === 3);
  waiting[0]?.reset();
  await until('the one that left to be forgotten', async () => inFlight() === 2);

  const next = await stage.client();
  await next.write(GET);
  await until('another to wait in its place', async () => inFlight() === 3);
  answers[0]?.();
  expect((await first.readFinal('GET')).status).toBe(200);
  await stage.origin.whenRequests(2);
  answers[1]?.();
  expect((await waiting[1]?.readFinal('GET'))?.status).toBe(200);
  await stage.origin.whenRequests(3);
  answers[2]?.();
  expect((await next.readFinal('GET')).status).toBe(200);
});
