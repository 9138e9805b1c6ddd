import { browser, byId, setText } from './dom.ts';

/** Reads a key when asked to. */
export function startKvPanel(): void {
  const key = byId('kv-key');
  const path = () => `/v1/kv/${key.value.split('/').map(encodeURIComponent).join('/')}`;
  const showCurl = () => setText(byId('kv-curl'), `curl ${browser.location.origin}${path()}`);
  showCurl();
  key.addEventListener('input', showCurl);
  byId('kv-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void read(path());
  });
}

async function read(path: string): Promise<void> {
  const value = byId('kv-value');
  const { text, note } = await answerOf(path);
  value.hidden = text === undefined;
  setText(value, text ?? '');
  setText(byId('kv-note'), note);
}

interface KvAnswer {
  readonly text?: string;
  readonly note: string;
}

async function answerOf(path: string): Promise<KvAnswer> {
  try {
    const answer = await fetch(path);
    const text = await answer.text();
    if (!answer.ok) return { note: detailIn(text) ?? `status ${answer.status}` };
    const age = `as Consul had it ${answer.headers.get('age') ?? '0'} s ago`;
    return { text, note: answer.headers.has('pilotfish-stale') ? `${age}; Consul cannot be asked now` : age };
  } catch (error) {
    return { note: error instanceof Error ? error.message : String(error) };
  }
}

function detailIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { readonly detail?: string }).detail;
  } catch {
    return undefined;
  }
}
