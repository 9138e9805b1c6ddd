import { browser, byId, setText } from './dom.ts';
import { ago } from './words.ts';

const { document, location } = browser;

/** Said aloud by screen readers. */
export function say(text: string): void {
  byId('said').textContent = text;
}

/** Tells whether what is shown is old. @param whom what the page is about @param lastMs when there was last a word from it */
export function showStale(whom: 'sidecar' | 'bridge', isStale: boolean, lastMs: number | undefined): void {
  const banner = byId('stale');
  if (isStale && banner.hidden) say(`The connection to the ${whom} is lost. What is shown is old.`);
  if (!isStale && !banner.hidden) say('Connected again.');
  banner.hidden = !isStale;
  document.body.classList.toggle('is-stale', isStale);
  setText(banner, isStale ? `Stale: no word from the ${whom} for ${ago(lastMs, Date.now())}. Trying again …` : '');
}

/** Completes the command lines of the panels with the page's own address. */
export function fillCommandLines(): void {
  for (const element of document.querySelectorAll('[data-curl]'))
    setText(element, `curl ${location.origin}${element.dataset.curl}`);
}
