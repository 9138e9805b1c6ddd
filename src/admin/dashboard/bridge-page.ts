import type { DashboardPage } from './dashboard-routes.ts';
import { CONSUL_PANEL, curl, EVENTS_PANEL, pageHead, pageTop, table } from './page-parts.ts';

const APPS = ['App', 'State, and why', 'Service', 'Running', 'In Consul'];
/** Says that a purge was refused. */
const REFUSED = '<p id="refused" class="banner" hidden></p>\n';

const HTML = `${pageHead('pilotfish: Marathon bridge', 'bridge-main')}
${pageTop({ subject: 'apps', who: 'Marathon bridge', path: '/v1/marathon', banners: REFUSED })}
<div class="tiles">
<section aria-labelledby="bridge-title" class="panel">
<div class="head"><h2 id="bridge-title">This bridge</h2>${curl('/readyz')}</div>
<dl id="bridge"></dl>
</section>
<section aria-labelledby="marathon-title" class="panel">
<div class="head"><h2 id="marathon-title">Marathon</h2>${curl('/v1/marathon')}</div>
<dl id="marathon"></dl>
</section>
${CONSUL_PANEL}
</div>
<section aria-labelledby="apps-title" class="panel" id="apps-panel" tabindex="-1">
<div class="head"><h2 id="apps-title">Apps</h2>${curl('/v1/marathon')}</div>
<p class="tools"><label>Filter <input type="search" id="filter" autocomplete="off" spellcheck="false"></label> <span id="shown"></span></p>
${table('apps', 'Apps of Marathon and their services in Consul, those with a problem first', APPS)}
<p id="no-apps" class="empty">No app is known yet.</p>
</section>
${EVENTS_PANEL}
</main>
<footer><p>Everything here is on this port: <a href="/metrics">metrics</a>, <a href="/v1/config">settings</a>, <a href="/v1/marathon">the bridge</a>.</p></footer>
</body>
</html>
`;

/** The page of the Marathon bridge. */
export const BRIDGE_PAGE: DashboardPage = {
  html: HTML,
  main: new URL('./client/bridge-main.ts', import.meta.url),
};
