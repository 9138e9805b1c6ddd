import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../src/consul/decode/decoder.ts';
import { decodeApps } from '../../../src/marathon/decode-app.ts';
import { decodeEvent, EVENT_TYPES } from '../../../src/marathon/decode-event.ts';
import { decodePods } from '../../../src/marathon/decode-pod.ts';
import { decodeTasks } from '../../../src/marathon/decode-task.ts';
import { readEvent } from '../../../src/marathon/read-event.ts';
import { FakeCluster } from '../../fakes/marathon/fake-cluster.ts';
import { VERSIONS } from '../../fakes/marathon/marathon-version.ts';

function refusesOrReads(decode: (value: unknown) => unknown, value: unknown): void {
  try {
    decode(value);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
  }
}

/** What Marathon could send, so that one wrong place in it is all that is wrong. */
function samples(): { apps: unknown; tasks: unknown; pods: unknown; events: unknown[] } {
  const events: unknown[] = [];
  const traits = VERSIONS['1.8'];
  const cluster = new FakeCluster({ traits, hosts: ['h'], publish: (event) => events.push(event) });
  const healthChecks = [{ protocol: 'HTTP', path: '/', portIndex: 0 }];
  const readinessChecks = [{ portName: 'http' }];
  cluster.define({ id: '/web', network: 'bridge', ports: [{ name: 'http' }], healthChecks, readinessChecks });
  const task = cluster.launch('/web');
  cluster.move(task.id, 'TASK_RUNNING');
  cluster.heal(task.id, true);
  cluster.deploys('/web', 'StartApplication', 'deployment_info');
  cluster.definePod({ id: '/pod', containers: [{ name: 'c', endpoints: [{ name: 'http', hostPort: 0 }] }] });
  const apps = [...cluster.apps.values()].map((app) => cluster.appJson(app, true));
  return { apps: { apps }, tasks: cluster.tasksJson([task]), pods: [cluster.podJson('/pod')], events };
}

/** The same JSON with one value, picked by `at`, replaced. */
function spoiled(json: unknown, at: number, value: unknown): unknown {
  let seen = -1;
  const count = JSON.stringify(json, (_key, each: unknown) => {
    seen += 1;
    return each;
  });
  expect(count).toBeDefined();
  const target = at % (seen + 1);
  let index = -1;
  const spoil = (each: unknown): unknown => {
    index += 1;
    if (index === target) return value;
    if (Array.isArray(each)) return each.map(spoil);
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, spoil(inner)]));
  };
  return spoil(json);
}

const decoders = [
  ['apps', decodeApps],
  ['tasks', decodeTasks],
  ['pods', decodePods],
] as const;

describe.each(decoders)('the decoder of %s', (name, decode) => {
  it('reads any JSON, or refuses it with where and why', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => refusesOrReads(decode, value)),
      { numRuns: 500 },
    );
  });

  it('reads what Marathon sends with anything in any place, or refuses it', () => {
    const sample = samples()[name];
    fc.assert(
      fc.property(fc.nat(500), fc.jsonValue({ maxDepth: 2 }), (at, value) =>
        refusesOrReads(decode, spoiled(sample, at, value)),
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('the decoder of events', () => {
  it('reads any JSON of any type, or refuses it', () => {
    const event = fc.tuple(fc.constantFrom(...EVENT_TYPES, 'other', ''), fc.dictionary(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(event, ([eventType, body]) => refusesOrReads(decodeEvent, { ...body, eventType })),
      { numRuns: 1_000 },
    );
  });

  it('reads what Marathon sends with anything in any place, or refuses it', () => {
    const { events } = samples();
    expect(events.length).toBeGreaterThan(8);
    fc.assert(
      fc.property(fc.nat(), fc.nat(60), fc.jsonValue({ maxDepth: 2 }), (pick, at, value) =>
        refusesOrReads(decodeEvent, spoiled(events[pick % events.length], at, value)),
      ),
      { numRuns: 1_000 },
    );
  });

  it('says of any text what it is, or why it is none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 60 }), fc.json()), (text) => {
        const read = readEvent(text);
        expect('event' in read || read.problem !== '').toBe(true);
      }),
    );
  });
});
