import type { MarathonEvent } from '../../src/marathon/marathon-event.ts';
import type { Random } from '../../src/runtime/random.ts';

/** Events on a bad line: lost, late, doubled, out of order, and some of long ago once more. */
export class FlakyEvents {
  readonly #random: Random;
  readonly #late: MarathonEvent[] = [];
  readonly #heard: MarathonEvent[] = [];
  #ghosts = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  add(event: MarathonEvent): void {
    if (this.#random() < 0.03) return;
    this.#late.push(event);
    if (this.#random() < 0.1) this.#late.push(event);
    if (this.#random() < 0.02) this.#heard.push(event);
  }

  /** Events of long ago, and one of an app that nobody has. */
  replay(): void {
    for (let count = 0; count < 5; count++) {
      const event = this.#heard[Math.floor(this.#random() * this.#heard.length)];
      if (event !== undefined) this.#late.push(event);
    }
    this.#ghosts += 1;
    this.#late.push({
      ...{ kind: 'task-status', eventType: 'status_update_event', timestamp: '2015-01-01T00:00:00.000Z' },
      ...{ taskId: `ghost.${this.#ghosts}`, appId: '/nobody', state: 'TASK_FAILED', phase: 'ended' },
      ...{ host: undefined, ports: [], ipAddresses: [], version: undefined },
    });
  }

  /** Most of what is to be told, not always in order. */
  take(): readonly MarathonEvent[] {
    const events = this.#late.splice(0);
    if (this.#random() < 0.3) events.sort(() => this.#random() - 0.5);
    return events.filter((event) => {
      const isLate = this.#random() < 0.1;
      if (isLate) this.#late.push(event);
      return !isLate;
    });
  }
}
