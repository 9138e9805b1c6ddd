import type { EventRow } from '../live-state.ts';
import { byId, make, type PageElement, setBadge } from './dom.ts';
import { timeOfDay } from './words.ts';

const SHOWN = 100;
const TONES = { warn: 'warn', error: 'bad' } as const;

/** What happened lately, the newest first. */
export class EventList {
  readonly #list: PageElement = byId('events');
  readonly #items: PageElement[] = [];

  /** @param isWhole the list begins anew */
  show(events: readonly EventRow[], isWhole: boolean): void {
    if (isWhole) for (const item of this.#items.splice(0)) item.remove();
    for (const event of events) {
      const item = makeItem(event);
      this.#list.prepend(item);
      this.#items.push(item);
      if (this.#items.length > SHOWN) this.#items.shift()?.remove();
    }
    byId('no-events').hidden = this.#items.length > 0;
    this.#list.hidden = this.#items.length === 0;
    // It scrolls: then those without a mouse must be able to get there.
    this.#list.setAttribute('tabindex', '0');
    this.#list.setAttribute('aria-labelledby', 'events-title');
  }
}

function makeItem({ at, kind, level, text }: EventRow): PageElement {
  const time = make('time', '', timeOfDay(at));
  time.setAttribute('datetime', new Date(at).toISOString());
  const badge = make('span', 'badge');
  setBadge(badge, kind, level in TONES ? TONES[level as keyof typeof TONES] : 'quiet');
  return make('li', '', time, make('span', '', badge, text));
}
