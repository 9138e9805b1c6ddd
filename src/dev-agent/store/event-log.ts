import { randomUUID } from 'node:crypto';

/** A user event. Field names are those of Consul's JSON. */
export interface UserEvent {
  readonly ID: string;
  readonly Name: string;
  readonly Payload: string | null;
  readonly NodeFilter: string;
  readonly ServiceFilter: string;
  readonly TagFilter: string;
  readonly Version: number;
  readonly LTime: number;
}

/** How many events an agent remembers. */
const MAX_EVENTS = 256;

/** The latest user events. They are not part of the ordered writes: each has an index made from its id. */
export class EventLog {
  #events: readonly UserEvent[] = [];
  #time = 1;
  readonly #onEvent: () => void;

  /** `onEvent` hears of each new event. */
  constructor(onEvent: () => void) {
    this.#onEvent = onEvent;
  }

  /** Adds an event. */
  fire(fields: Pick<UserEvent, 'Name' | 'Payload' | 'NodeFilter' | 'ServiceFilter' | 'TagFilter'>): UserEvent {
    this.#time += 1;
    const event = { ID: randomUUID(), ...fields, Version: 1, LTime: this.#time };
    this.#events = [...this.#events, event].slice(-MAX_EVENTS);
    this.#onEvent();
    return event;
  }

  /** The events, oldest first; all, or those of one name. */
  list(name: string): readonly UserEvent[] {
    return name === '' ? this.#events : this.#events.filter((event) => event.Name === name);
  }
}

/** The index of a list of events: the two halves of the last one's id, xored (Consul's `uuidToUint64`). */
export function eventIndex(events: readonly UserEvent[]): bigint {
  const last = events.at(-1);
  if (last === undefined) return 1n;
  const hex = last.ID.replaceAll('-', '');
  return BigInt(`0x${hex.slice(0, 16)}`) ^ BigInt(`0x${hex.slice(16)}`);
}
