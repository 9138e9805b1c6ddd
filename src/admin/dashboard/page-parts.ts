/** What every page has before its body: nothing inline, everything of this port. @param main its first module */
export function pageHead(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/dashboard/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/dashboard/style.css">
<script type="module" src="/dashboard/${main}.%EXTENSION%"></script>
</head>`;
}

/** A panel's command line, filled in with the page's own address. */
export function curl(path: string): string {
  return `<details class="curl"><summary>curl this</summary><code data-curl="${path}"></code></details>`;
}

/** A table that keeps its meaning when it is laid out as cards: the roles are said, not implied. */
export function table(id: string, caption: string, columns: readonly string[]): string {
  const heads = columns.map((column) => `<th role="columnheader" scope="col">${column}</th>`).join('');
  return `<table role="table" id="${id}"><caption class="unseen">${caption}</caption>
<thead role="rowgroup"><tr role="row">${heads}</tr></thead><tbody role="rowgroup"></tbody></table>`;
}

/** What is special about the top of a page. */
export interface PageTop {
  /** The first panel of what the page is about: its id without `-panel`, which is its name too. */
  readonly subject: string;
  /** Stands beside the program's name. */
  readonly who: string;
  /** Where the same facts are, for those without JavaScript. */
  readonly path: string;
  /** Banners of the page's own, after the one that says that it is stale. */
  readonly banners?: string;
}

/** From the body's start to where the panels begin. */
export function pageTop({ subject, who, path, banners = '' }: PageTop): string {
  return `<body>
<a class="skip" href="#${subject}-panel">Skip to the ${subject}</a>
<header>
<img src="/dashboard/icon.svg" alt="" width="32" height="32">
<h1>pilotfish <span id="who">${who}</span></h1>
<p id="standing" class="badge" data-tone="quiet">connecting …</p>
<p id="updated"></p>
</header>
<p id="said" class="unseen" role="status"></p>
<main>
<p id="stale" class="banner" hidden></p>
${banners}<noscript><p class="banner">This page needs JavaScript. The same facts: <code>curl ${path}</code> on this port.</p></noscript>`;
}

/** The panel of the link to Consul. */
export const CONSUL_PANEL: string = `<section aria-labelledby="consul-title" class="panel">
<div class="head"><h2 id="consul-title">Consul</h2>${curl('/v1/consul')}</div>
<dl id="consul"></dl>
</section>`;

/** The panel of what happened lately. */
export const EVENTS_PANEL: string = `<section aria-labelledby="events-title" class="panel">
<div class="head"><h2 id="events-title">Recent events</h2>${curl('/events')}</div>
<ol id="events"></ol>
<p id="no-events" class="empty">Nothing has happened yet.</p>
</section>`;
