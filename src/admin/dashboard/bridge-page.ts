import type { DashboardPage } from './dashboard-routes.ts';
import { curl, pageHead, table } from './page-parts.ts';

const APPS = ['App', 'State, and why', 'Service', 'Running', 'In Consul'];

const HTML = `${pageHead('pilotfish: Marathon bridge', 'bridge-main')}
<body>
<a class="skip" href="#apps-panel">Skip to the apps</a>
<header>
<img src="/dashboard/icon.svg" alt="" width="32" height="32">
<h1>pilotfish <span id="who">Marathon bridge</span></h1>
<p id="standing" class="badge" data-tone="quiet">connecting …</p>
<p id="updated"></p>
</header>
<p id="said" class="unseen" role="status"></p>
<main>
<p id="stale" class="banner" hidden></p>
<p id="refused" class="banner" hidden></p>
<noscript><p class="banner">This page needs JavaScript. The same facts: <code>curl /v1/marathon</code> on this port.</p></noscript>
<div class="tiles">
<section aria-labelledby="bridge-title" class="panel">
<div class="head"><h2 id="bridge-title">This bridge</h2>${curl('/readyz')}</div>
<dl id="bridge"></dl>
</section>
<section aria-labelledby="marathon-title" class="panel">
<div class="head"><h2 id="marathon-title">Marathon</h2>${curl('/v1/marathon')}</div>
<dl id="marathon"></dl>
</section>
<section aria-labelledby="consul-title" class="panel">
<div class="head"><h2 id="consul-title">Consul</h2>${curl('/v1/consul')}</div>
<dl id="consul"></dl>
</section>
</div>
<section aria-labelledby="apps-title" class="panel" id="apps-panel" tabindex="-1">
<div class="head"><h2 id="apps-title">Apps</h2>${curl('/v1/marathon')}</div>
<p class="tools"><label>Filter <input type="search" id="filter" autocomplete="off" spellcheck="false"></label> <span id="shown"></span></p>
${table('apps', 'Apps of Marathon and their services in Consul, those with a problem first', APPS)}
<p id="no-apps" class="empty">No app is known yet.</p>
</section>
<section aria-labelledby="events-title" class="panel">
<div class="head"><h2 id="events-title">Recent events</h2>${curl('/events')}</div>
<ol id="events"></ol>
<p id="no-events" class="empty">Nothing has happened yet.</p>
</section>
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
