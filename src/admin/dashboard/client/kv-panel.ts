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
  const problem = byId('kv-problem');
  const { text, failure } = await answerOf(path);
  value.hidden = text === undefined;
  problem.hidden = failure === undefined;
  setText(value, text ?? '');
  setText(problem, failure ?? '');
}

async function answerOf(path: string): Promise<{ readonly text?: string; readonly failure?: string }> {
  try {
    const answer = await fetch(path);
    const text = await answer.text();
    if (answer.ok) return { text };
    return { failure: detailIn(text) ?? `status ${answer.status}` };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

function detailIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { readonly detail?: string }).detail;
  } catch {
    return undefined;
  }
}
