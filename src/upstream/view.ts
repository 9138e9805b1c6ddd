import type { Endpoint } from './endpoint.ts';
import type { EndpointOrigin, EndpointSet } from './endpoint-source.ts';
import { Member } from './member.ts';

/** What an update changed. */
export interface ViewChange {
  readonly added: readonly Endpoint[];
  readonly removed: readonly Endpoint[];
  /** In their newer form. */
  readonly changed: readonly Endpoint[];
  /** Of the changed: our probes failed, and do so no longer. */
  readonly recovered: readonly Member[];
}

/** What is known of one catalog query: nothing yet, only that it failed, or its last answer. */
export type Knowledge = 'nothing' | 'failed' | 'answered';

const NOBODY: Map<string, Member> = new Map();

/** The members that one query (or list) yields, kept up by difference: whoever stays keeps its state. */
export class View {
  /** The datacenter of the query; undefined for the first one. */
  readonly datacenter: string | undefined;
  /**
   * In the order in which they came; another list after each change. A table by id is made while an update needs one,
   * which is seldom.
   */
  #members: readonly Member[] = [];
  /** Gone from the catalog, but with requests under way or an ejection to serve, in case they come back. */
  #departed: Map<string, Member> | undefined;
  #update = 0;
  knowledge: Knowledge = 'nothing';
  origin: EndpointOrigin | undefined;
  /** When the source last told, or confirmed, what is here. */
  confirmedAtMs: number | undefined;
  changedAtMs: number | undefined;

  constructor(datacenter?: string) {
    this.datacenter = datacenter;
  }

  /** As many as the catalog has, whether usable or not. */
  get size(): number {
    return this.#members.length;
  }

  members(): readonly Member[] {
    return this.#members;
  }

  /** Members that the catalog no longer has, and whose requests are still under way. */
  departed(): IterableIterator<Member> {
    return (this.#departed ?? NOBODY).values();
  }

  /**
   * Takes a whole new set. Costs a look-up for each endpoint that is not where it was in the set before; unchanged ones
   * allocate nothing.
   */
  apply(set: EndpointSet, nowMs: number): ViewChange {
    const change = {
      added: [] as Endpoint[],
      removed: [] as Endpoint[],
      changed: [] as Endpoint[],
      recovered: [] as Member[],
    };
    const update = ++this.#update;
    const before = this.#members;
    const arrived: Member[] = [];
    let kept = 0;
    let byId: Map<string, Member> | undefined;
    for (const [index, endpoint] of set.endpoints.entries()) {
      const { id } = endpoint;
      let member = before[index];
      if (member?.id !== id) {
        byId ??= new Map(before.map((each) => [each.id, each]));
        member = byId.get(id);
      }
      if (member === undefined) {
        member = this.#arrive(endpoint, update);
        byId?.set(id, member);
        arrived.push(member);
        change.added.push(endpoint);
        continue;
      }
      if (member.update !== update) kept += 1;
      member.update = update;
      if (isSame(member.endpoint, endpoint)) continue;
      if (member.endpoint.probeFailure !== undefined && endpoint.probeFailure === undefined)
        change.recovered.push(member);
      member.describe(endpoint);
      change.changed.push(endpoint);
    }
    const stayed = kept < before.length ? this.#leave(update, change.removed) : before;
    const isChanged = change.added.length + change.removed.length + change.changed.length > 0;
    // A copy is as long as it must be; what was pushed to may have half as much room again.
    if (isChanged) this.#members = stayed.concat(arrived);
    this.knowledge = 'answered';
    this.origin = set.origin;
    this.confirmedAtMs = nowMs - (set.ageMs ?? 0);
    if (isChanged) this.changedAtMs = nowMs;
    return change;
  }

  /** Forgets a departed member once nothing ties it to us. */
  release(member: Member): void {
    if (member.inFlight > 0 || member.outlier.kind === 'ejected') return;
    if (this.#departed?.get(member.id) === member) this.#departed.delete(member.id);
  }

  #arrive(endpoint: Endpoint, update: number): Member {
    const known = this.#departed?.get(endpoint.id);
    const member = known ?? new Member(endpoint);
    if (known !== undefined) {
      this.#departed?.delete(endpoint.id);
      known.describe(endpoint);
    }
    member.update = update;
    return member;
  }

  /** Lets those go that the update did not have. Returns who stays. */
  #leave(update: number, removed: Endpoint[]): readonly Member[] {
    return this.#members.filter((member) => {
      if (member.update === update) return true;
      member.depart();
      this.#departed ??= new Map();
      this.#departed.set(member.id, member);
      this.release(member);
      removed.push(member.endpoint);
      return false;
    });
  }
}

/** Whether nothing differs that anyone reads. */
function isSame(before: Endpoint, after: Endpoint): boolean {
  if (before === after) return true;
  return (
    before.host === after.host &&
    before.port === after.port &&
    before.weight === after.weight &&
    before.health === after.health &&
    before.node === after.node &&
    before.datacenter === after.datacenter &&
    before.probeFailure === after.probeFailure &&
    isSameList(before.tags, after.tags) &&
    isSameMap(before.meta, after.meta) &&
    isSameChecks(before, after)
  );
}

function isSameList(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((item, index) => item === after[index]);
}

function isSameMap(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): boolean {
  if (before.size !== after.size) return false;
  for (const [key, value] of before) if (after.get(key) !== value) return false;
  return true;
}

function isSameChecks({ checks: before }: Endpoint, { checks: after }: Endpoint): boolean {
  return (
    before.length === after.length &&
    before.every(({ id, status, output }, index) => {
      const other = after[index];
      return other !== undefined && id === other.id && status === other.status && output === other.output;
    })
  );
}
