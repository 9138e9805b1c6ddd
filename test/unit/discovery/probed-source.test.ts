import { afterEach, describe, expect, it } from 'vitest';
import type { DiscoveryEvent } from '../../../src/discovery/discovery-event.ts';
import type { EndpointProbeResult } from '../../../src/discovery/probe-book.ts';
import { ProbedSource } from '../../../src/discovery/probed-source.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import type { ProbeSettings } from '../../../src/upstream/probe-settings.ts';
import { endpointNo, endpointsTo } from '../../support/discovery-endpoint.ts';
import { consume, ScriptedSource, type Seen } from '../../support/discovery-source.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const settings: ProbeSettings = { kind: 'http', path: '/health', intervalMs: 5000, timeoutMs: 1000, rise: 2, fall: 3 };
const down = new CodedError('down', { code: 'unreachable', side: 'internal', retryable: true });

interface Stage {
  readonly clock: FakeClock;
  readonly catalog: ScriptedSource;
  readonly source: ProbedSource;
  readonly events: DiscoveryEvent[];
  readonly probed: { readonly id: string; readonly atMs: number }[];
  /** Ids that do not pass. */
  readonly broken: Set<string>;
  underWay: number;
  mostUnderWay: number;
  /** What each probe waits for. */
  hold: Promise<void> | undefined;
}

function stage(): Stage {
  const clock = new FakeClock();
  const catalog = new ScriptedSource();
  const events: DiscoveryEvent[] = [];
  const source = new ProbedSource({
    source: catalog,
    probe: async (endpoint): Promise<EndpointProbeResult> => {
      made.probed.push({ id: endpoint.id, atMs: clock.nowMs() });
      made.underWay += 1;
      made.mostUnderWay = Math.max(made.mostUnderWay, made.underWay);
      await made.hold;
      made.underWay -= 1;
      return made.broken.has(endpoint.id) ? { kind: 'failing', output: '500' } : { kind: 'passing', output: '200' };
    },
    clock,
    random: seededRandom(7),
    onEvent: (event) => events.push(event),
  });
  const made: Stage = {
    clock,
    catalog,
    source,
    events,
    probed: [],
    broken: new Set(),
    underWay: 0,
    mostUnderWay: 0,
    hold: undefined,
  };
  return made;
}

describe('a probed view', () => {
  const seen: Seen[] = [];
  const watch = (source: ProbedSource, probe?: ProbeSettings) => {
    const watching = consume(source, { service: 'app', ...(probe === undefined ? {} : { probe }) });
    seen.push(watching);
    return watching;
  };
  afterEach(async () => {
    await Promise.all(seen.splice(0).map((each) => each.stop()));
  });

  it('is as the catalog says, and nobody is asked, where probes are not wanted', async () => {
    const { source, catalog, clock, probed } = stage();
    const view = watch(source);
    await settle();
    const set = endpointsTo(3);
    catalog.answer(set);
    await clock.advance(60_000);
    expect(view.latest?.endpoints).toBe(set);
    expect(probed).toEqual([]);
  });

  it('asks each once in an interval, give or take half, and no two of them in step', async () => {
    const { source, catalog, clock, probed } = stage();
    watch(source, settings);
    await settle();
    catalog.answer(endpointsTo(10));
    await settle();
    probed.length = 0;
    await clock.advance(100_000);
    for (const { id } of endpointsTo(10)) {
      const times = probed.filter((probe) => probe.id === id).length;
      expect(times).toBeGreaterThanOrEqual(17);
      expect(times).toBeLessThanOrEqual(23);
    }
    expect(new Set(probed.map(({ atMs }) => atMs)).size).toBe(probed.length);
  });

  it('marks who fails and tells of it, once, and takes it back once it passes', async () => {
    const { source, catalog, clock, broken, events } = stage();
    const view = watch(source, settings);
    await settle();
    catalog.answer(endpointsTo(3));
    const { id } = endpointNo(2);
    broken.add(id);
    await clock.advance(30_000);
    expect(view.latest?.endpoints.map(({ probeFailure }) => probeFailure)).toEqual([undefined, '500', undefined]);
    expect(events).toMatchObject([{ kind: 'probe_failing', endpoint: id, output: '500' }]);
    catalog.answer([endpointNo(2), endpointNo(4)]);
    await settle();
    expect(view.latest?.endpoints.map(({ probeFailure }) => probeFailure)).toEqual(['500', undefined]);
    broken.delete(id);
    await clock.advance(30_000);
    expect(view.latest?.endpoints.every(({ probeFailure }) => probeFailure === undefined)).toBe(true);
    expect(events.map(({ kind }) => kind)).toEqual(['probe_failing', 'probe_passing']);
  });

  it('makes no old view of the catalog look young', async () => {
    const { source, catalog, clock, broken } = stage();
    const view = watch(source, settings);
    await settle();
    catalog.answer(endpointsTo(2));
    await settle();
    catalog.fail(down);
    broken.add(endpointNo(1).id);
    await clock.advance(30_000);
    expect(view.latest?.endpoints[0]?.probeFailure).toBe('500');
    expect(view.latest?.ageMs).toBeGreaterThan(5000);
    expect(view.failures).toEqual([down]);
  });

  it('sends no more probes at once than 64, however many endpoints are silent', async () => {
    const made = stage();
    let release = () => {};
    made.hold = new Promise((resolve) => {
      release = resolve;
    });
    watch(made.source, { ...settings, intervalMs: 100 });
    watch(made.source, { ...settings, intervalMs: 200 });
    await settle();
    made.catalog.answer(endpointsTo(100));
    await made.clock.advance(5000);
    expect(made.mostUnderWay).toBe(64);
    made.hold = undefined;
    release();
    await made.clock.advance(5000);
    expect(made.probed.length).toBeGreaterThan(1000);
  });

  it('asks nobody any more once nobody watches, and leaves no timer', async () => {
    const { source, catalog, clock, probed } = stage();
    const view = watch(source, settings);
    await settle();
    catalog.answer(endpointsTo(3));
    await clock.advance(5000);
    await view.stop();
    probed.length = 0;
    await clock.advance(60_000);
    expect(probed).toEqual([]);
    expect(clock.pending).toBe(0);
    expect(catalog.open).toBe(0);
  });
});
