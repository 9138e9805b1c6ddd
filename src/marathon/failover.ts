import { formatMarathonAddress, type MarathonAddress } from './marathon-address.ts';
import { MarathonError, type MarathonErrorKind } from './marathon-error.ts';
import type { MarathonReply } from './marathon-wire.ts';

/** Names the URL of the one that leads; Marathon ≥ 0.8. */
const LEADER = 'x-marathon-leader';

/** After these another address may do better; the others are the answer, whoever is asked. */
const ELSEWHERE: ReadonlySet<MarathonErrorKind> = new Set([
  'NoLeader',
  'ServerError',
  'Unreachable',
  'TimedOut',
  'BadAnswer',
]);

/**
 * The addresses of one Marathon cluster, and which of them is asked first: the one that answered last, or the leader as
 * soon as an answer names another than before, which saves a standby's passing on. A leader that we cannot reach is thus
 * not tried again for every answer that names it.
 */
export class Failover {
  readonly #addresses: readonly MarathonAddress[];
  #first = 0;
  #namedLeader: string | undefined;

  /** @throws Error without an address */
  constructor(addresses: readonly MarathonAddress[]) {
    if (addresses.length === 0) throw new Error('Marathon has no address: set --marathon');
    this.#addresses = addresses;
  }

  /** The one that is asked first. */
  get first(): MarathonAddress {
    return this.#addresses[this.#first] as MarathonAddress;
  }

  /** Ours with this origin, if there is one. */
  known(origin: string): MarathonAddress | undefined {
    return this.#addresses.find((address) => address.origin === origin);
  }

  /** Makes the next one the first, if this one still is. */
  leave({ origin }: MarathonAddress): void {
    if (this.first.origin === origin) this.#first = (this.#first + 1) % this.#addresses.length;
  }

  /**
   * Asks one address after the other, each once, until one gives an answer that another would give too.
   * @throws MarathonError the one that says most, and what the others said
   */
  async ask(send: (address: MarathonAddress) => Promise<MarathonReply>): Promise<MarathonReply> {
    const failures: MarathonError[] = [];
    for (const address of [...this.#addresses.slice(this.#first), ...this.#addresses.slice(0, this.#first)]) {
      try {
        const reply = await send(address);
        if (failures.length > 0) this.#first = this.#addresses.indexOf(address);
        this.#prefer(reply.headers.get(LEADER));
        return reply;
      } catch (error) {
        if (!(error instanceof MarathonError) || !ELSEWHERE.has(error.kind)) throw error;
        failures.push(error);
        this.leave(address);
      }
    }
    throw joined(failures);
  }

  #prefer(leader: string | undefined): void {
    if (leader === undefined || leader === this.#namedLeader) return;
    this.#namedLeader = leader;
    const origin = URL.parse(leader)?.origin;
    const index = this.#addresses.findIndex((address) => address.origin === origin);
    if (index >= 0) this.#first = index;
  }

  /** The addresses, for messages. */
  toString(): string {
    return this.#addresses.map(formatMarathonAddress).join(', ');
  }
}

/** The failure that says most (one with an answer, else the first), and the others after it. */
function joined(failures: readonly MarathonError[]): MarathonError {
  const main = failures.find(({ status }) => status !== undefined) ?? (failures[0] as MarathonError);
  const others = failures.filter((failure) => failure !== main);
  if (others.length === 0) return main;
  const { kind, method, url, status } = main;
  const problem = main.message.slice(`${method} ${url}: `.length);
  const rest = others.map((failure) => failure.message).join('; ');
  const cause = new AggregateError(failures);
  return new MarathonError({ kind, method, url, problem: `${problem}; also ${rest}`, status, cause });
}
