import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { browserGuard } from '../../../src/admin/browser-guard.ts';

const app = new Hono()
  .use(browserGuard({ allowedHosts: ['pilotfish.test'] }))
  .all('/', (context) => context.text('in'));
/** A request on a connection to 10.0.0.5. */
const ask = (headers: Record<string, string>, method = 'GET') =>
  app.request('/', { method, headers }, { incoming: { socket: { localAddress: '::ffff:10.0.0.5' } } });

describe('the admin port', () => {
  it.each(['localhost:7701', '127.0.0.1:7701', '[::1]:7701', 'PILOTFISH.test', '10.0.0.5:7701'])(
    'lets a program in that calls it %s',
    async (host) => {
      expect((await ask({ host })).status).toBe(200);
    },
  );

  it.each(['evil.test', 'localhost.evil.test', '10.0.0.6:7701', '', 'localhost:7701:1', 'a b', '169.254.169.254'])(
    'refuses the foreign Host %j',
    async (host) => {
      const answer = await ask({ host });
      expect(answer.status).toBe(403);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it('refuses pages of other sites, whether they send Origin or Sec-Fetch-Site', async () => {
    const host = 'localhost:7701';
    expect((await ask({ host, origin: 'https://evil.test' }, 'POST')).status).toBe(403);
    expect((await ask({ host, origin: 'null' }, 'POST')).status).toBe(403);
    expect((await ask({ host, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await ask({ host, 'sec-fetch-site': 'same-site' })).status).toBe(403);
  });

  it('lets its own pages in, and a link that is followed', async () => {
    const host = 'localhost:7701';
    expect((await ask({ host, origin: 'http://localhost:7701', 'sec-fetch-site': 'same-origin' }, 'POST')).status).toBe(
      200,
    );
    expect((await ask({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status).toBe(200);
    expect((await ask({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 'POST')).status).toBe(
      403,
    );
  });
});
