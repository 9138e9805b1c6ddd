import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DevAgent, startDevAgent } from '../../../src/dev-agent/dev-agent.ts';

let agent: DevAgent;
beforeEach(async () => {
  agent = await startDevAgent({ listen: '127.0.0.1:0', node: 'node-1' });
});
afterEach(() => agent.close());

const send = (method: string, path: string, body?: object) =>
  fetch(`${agent.address}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

it.each([{ GRPC: 'bad host:1' }, { GRPC: ':::' }, { TCP: 'a\0b:1' }, { HTTP: 'http://[' }])(
  'a check that leads nowhere (%j) is critical and says why, and the registry lives',
  async (where) => {
    await send('PUT', '/v1/agent/check/register', { ID: 'odd', Name: 'odd', Interval: '1s', ...where });
    await expect
      .poll(async () => (await (await send('GET', '/v1/agent/checks')).json()) as object, { timeout: 5000 })
      .toMatchObject({ odd: { Status: 'critical', Output: expect.stringMatching(/./) } });
  },
);

it('a question mark in a value is part of the value', async () => {
  await send('PUT', '/v1/agent/service/register', { Name: 'web', Check: { TTL: '1h' } });
  await send('PUT', '/v1/agent/check/pass/service:web?note=well?yes');
  expect(await (await send('GET', '/v1/agent/checks')).json()).toMatchObject({ 'service:web': { Output: 'well?yes' } });
});

it('a template takes nothing from the keys of Object', async () => {
  const query = {
    Name: 't-',
    Template: { Type: 'name_prefix_match' },
    Service: { Service: ['constructor', 'name.full'].map((name) => `\${${name}}`).join('') },
  };
  expect((await send('POST', '/v1/query', query)).status).toBe(200);
  const explained = await (await send('GET', '/v1/query/t-a/explain')).json();
  expect(explained).toMatchObject({ Query: { Service: { Service: 't-a' } } });
});
