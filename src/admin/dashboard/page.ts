import { CONSUL_PANEL, curl, EVENTS_PANEL, pageHead, pageTop, table } from './page-parts.ts';

const UPSTREAMS = [
  'Upstream',
  'State',
  'Instances',
  'In flight',
  'Requests/s',
  'p50',
  'p99',
  'Errors',
  'Data age',
  'Changed',
];
const INSTANCES = ['Instance', 'State, and why', 'Share', 'In flight', 'Requests/s', 'p50', 'p99', 'Failed', 'Tags'];

/** The dashboard's page; `%EXTENSION%` stands for the ending of its modules. */
export const PAGE: string = `${pageHead('pilotfish', 'main')}
${pageTop({ subject: 'upstreams', who: '', path: '/v1/upstreams' })}
<div class="tiles">
<section aria-labelledby="sidecar-title" class="panel">
<div class="head"><h2 id="sidecar-title">This sidecar</h2>${curl('/readyz')}</div>
<dl id="sidecar"></dl>
</section>
<section aria-labelledby="registration-title" class="panel">
<div class="head"><h2 id="registration-title">Registration</h2>${curl('/v1/registration')}</div>
<dl id="registration"></dl>
<p class="actions">
<button type="button" id="maintenance" hidden>Maintenance …</button>
<button type="button" id="drain" class="danger">Drain …</button>
</p>
</section>
${CONSUL_PANEL}
</div>
<section aria-labelledby="upstreams-title" class="panel" id="upstreams-panel" tabindex="-1">
<div class="head"><h2 id="upstreams-title">Upstreams</h2>${curl('/v1/upstreams')}</div>
${table('upstreams', 'Services that the app calls', UPSTREAMS)}
<p id="no-upstreams" class="empty">Nothing has been called yet. An upstream appears with its first request.</p>
</section>
<section aria-labelledby="instances-title" class="panel" id="instances-panel" tabindex="-1" hidden>
<div class="head"><h2 id="instances-title">Instances</h2><details class="curl"><summary>curl this</summary><code id="explain-curl"></code></details>
<button type="button" id="close">Close</button></div>
<p class="tools"><label>Filter <input type="search" id="filter" autocomplete="off" spellcheck="false"></label> <span id="shown"></span></p>
<p id="open-problem" class="empty" hidden></p>
${table('instances', 'Instances of the opened upstream, those with a problem first', INSTANCES)}
</section>
<div class="pair">
${EVENTS_PANEL}
<section aria-labelledby="kv-title" class="panel">
<div class="head"><h2 id="kv-title">Key/value</h2><details class="curl"><summary>curl this</summary><code id="kv-curl"></code></details></div>
<form id="kv-form" class="tools"><label>Key <input type="text" id="kv-key" autocomplete="off" spellcheck="false" required></label> <button>Watch</button></form>
<pre id="kv-value" tabindex="0" role="region" aria-label="Value" hidden></pre>
<p id="kv-note" class="empty" role="status">Shows a key of Consul’s KV, and each change of it, as the sidecar sees it.</p>
</section>
</div>
</main>
<footer><p>Everything here is on this port: <a href="/metrics">metrics</a>, <a href="/v1/config">configuration</a>, <a href="/v1/upstreams">upstreams</a>, <a href="/v1/services">services</a>.</p></footer>
<dialog id="confirm" aria-labelledby="confirm-title" aria-describedby="confirm-text">
<form method="dialog">
<h2 id="confirm-title"></h2>
<p id="confirm-text"></p>
<p id="confirm-reason-row" hidden><label>Reason <input type="text" id="confirm-reason" maxlength="256" autocomplete="off"></label></p>
<p class="actions"><button type="submit" value="no" id="confirm-no">Cancel</button> <button type="submit" value="yes" id="confirm-yes" class="danger"></button></p>
</form>
</dialog>
</body>
</html>
`;
