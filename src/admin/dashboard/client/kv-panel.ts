import { browser, byId, type PageEventSource, setText } from './dom.ts';
import { timeOfDay } from './words.ts';

const CLOSED = 2;

/** Shows a key's value, and each change of it, until another key is asked for. */
export function startKvPanel(): void {
  const key = byId('kv-key');
  const path = () => `/v1/kv/${key.value.split('/').map(encodeURIComponent).join('/')}`;
  const showCurl = () => setText(byId('kv-curl'), `curl -N '${browser.location.origin}${path()}?watch'`);
  let watched: PageEventSource | undefined;
  showCurl();
  key.addEventListener('input', showCurl);
  byId('kv-form').addEventListener('submit', (event) => {
    event.preventDefault();
    watched?.close();
    watched = watch(path());
  });
}

/** What a `value` or `missing` event says, as `/v1/kv/KEY?watch` has it. */
interface KvEvent {
  readonly value?: string;
  readonly base64?: string;
  readonly modifyIndex?: number;
  readonly stale: boolean;
}

function watch(path: string): PageEventSource {
  const source = new browser.EventSource(`${path}?watch`);
  let shown: KvEvent | undefined;
  const show = ({ data = '{}' }: { readonly data?: string }): void => {
    const before = shown;
    shown = JSON.parse(data) as KvEvent;
    showValue(textIn(shown));
    setText(byId('kv-note'), noteFor(shown, before));
  };
  showValue(undefined);
  setText(byId('kv-note'), 'Asking Consul …');
  source.addEventListener('value', show);
  source.addEventListener('missing', show);
  source.onerror = () => {
    // The browser connects again by itself, unless it was refused: then the answer says why.
    if (source.readyState === CLOSED && shown === undefined) void showRefusal(path);
    else if (shown !== undefined) setText(byId('kv-note'), 'Lost the sidecar; the value may be old. Trying again …');
  };
  return source;
}

function showValue(text: string | undefined): void {
  const value = byId('kv-value');
  value.hidden = text === undefined;
  setText(value, text ?? '');
}

/** The value as text; of bytes that are none, their base64. */
function textIn({ value, base64 }: KvEvent): string | undefined {
  return value ?? base64;
}

function noteFor(now: KvEvent, before: KvEvent | undefined): string {
  const kind = now.base64 === undefined ? '' : ', bytes as base64';
  const what = now.modifyIndex === undefined ? 'There is no such key' : `Version ${now.modifyIndex}${kind}`;
  const isChanged = before !== undefined && before.modifyIndex !== now.modifyIndex;
  const when = isChanged ? `, changed at ${timeOfDay(Date.now())}` : '';
  return now.stale ? `${what}${when}; Consul cannot be asked now.` : `${what}${when}. Changes are shown as they come.`;
}

async function showRefusal(path: string): Promise<void> {
  const answer = await fetch(path).catch((error: unknown) => error);
  const text = answer instanceof Response ? await answer.text() : String(answer);
  setText(byId('kv-note'), detailIn(text) ?? text);
}

function detailIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { readonly detail?: string }).detail;
  } catch {
    return undefined;
  }
}
