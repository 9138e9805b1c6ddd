import { byId } from './dom.ts';

/** What is to be confirmed. */
export interface Question {
  readonly title: string;
  /** What will happen, and how it is undone. */
  readonly text: string;
  /** On the button that does it. */
  readonly yes: string;
  readonly asksReason?: boolean;
}

/** Asks before something is done. Resolves with the reason (or an empty text), or undefined: it is not to be done. */
export function confirmed({ title, text, yes, asksReason = false }: Question): Promise<string | undefined> {
  const dialog = byId('confirm');
  const reason = byId('confirm-reason');
  byId('confirm-title').textContent = title;
  byId('confirm-text').textContent = text;
  byId('confirm-yes').textContent = yes;
  byId('confirm-reason-row').hidden = !asksReason;
  reason.value = '';
  // Escape leaves it as it is.
  dialog.returnValue = 'no';
  dialog.showModal();
  (asksReason ? reason : byId('confirm-no')).focus();
  return new Promise((resolve) => {
    const onClose = () => resolve(dialog.returnValue === 'yes' ? reason.value : undefined);
    dialog.addEventListener('close', onClose, { once: true });
  });
}

/** Tells the sidecar to do something. Returns what is to be said about it. */
export async function order(path: string, body: object, done: string): Promise<string> {
  try {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.ok) return done;
    const { detail } = (await answer.json()) as { readonly detail?: string };
    return `That did not work: ${detail ?? answer.status}`;
  } catch (error) {
    return `That did not work: ${error instanceof Error ? error.message : String(error)}`;
  }
}
