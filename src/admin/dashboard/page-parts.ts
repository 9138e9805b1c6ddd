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
