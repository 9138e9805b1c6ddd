import { describe, expect, test } from 'vitest';
import { Registry } from '../../../src/telemetry/registry.ts';

const requests = { name: 'test.requests', unit: '{request}', help: 'Requests', labels: ['upstream', 'state'] };
const duration = { name: 'test.duration', unit: 's', help: 'How long', labels: ['upstream'], buckets: [0.1, 1, 10] };

describe('bound series', () => {
  test('a counter adds up, and binding the same labels again gives the same counter', () => {
    const family = new Registry().counter(requests);
    family.bind('orders', 'ok').add(2);
    family.bind('orders', 'ok').add(3);
    expect(family.bind('orders', 'ok').value).toBe(5);
    expect(family.bind('orders', 'failed').value).toBe(0);
    expect(family.size).toBe(2);
  });

  test('a counter takes over a total that is counted elsewhere and never falls', () => {
    const counter = new Registry().counter(requests).bind('a', 'b');
    counter.observe(7);
    counter.observe(5);
    expect(counter.value).toBe(7);
  });

  test('a gauge is set and moves both ways', () => {
    const gauge = new Registry().gauge(requests).bind('orders', 'ok');
    gauge.set(4);
    gauge.add(-6);
    expect(gauge.value).toBe(-2);
  });

  test('a value on a bound belongs to that bucket, as Prometheus counts it', () => {
    const histogram = new Registry().histogram(duration).bind('orders');
    for (const value of [0, 0.1, 0.1000001, 1, 9.99, 10, 10.01, 500]) histogram.record(value);
    const reading = histogram.read();
    expect([...reading.buckets]).toEqual([2, 2, 2, 2]);
    expect(reading.count).toBe(8);
    expect(reading.sum).toBeCloseTo(531.2000001, 9);
  });

  test('a value that belongs to two histograms counts in each as if it were recorded twice', () => {
    const family = new Registry().histogram(duration);
    const [both, other, twice] = [family.bind('both'), family.bind('other'), family.bind('twice')];
    for (const value of [0, 0.1, 0.1000001, 9.99, 500, Number.NaN, -1]) {
      both.recordWith(other, value);
      twice.record(value);
    }
    expect(both.read()).toEqual(twice.read());
    expect(other.read()).toEqual(twice.read());
  });

  test('values that are no durations count as zero and leave the sum a number', () => {
    const histogram = new Registry().histogram(duration).bind('orders');
    histogram.record(Number.NaN);
    histogram.record(-1);
    expect(histogram.read()).toMatchObject({ sum: 0, count: 2 });
  });

  test('the slots of neighbours do not touch, over several slabs', () => {
    const family = new Registry().histogram(duration);
    const all = Array.from({ length: 40 }, (_, index) => family.bind(`upstream-${index}`));
    all.forEach((histogram, index) => {
      for (let times = 0; times <= index; times++) histogram.record(0.5);
    });
    all.forEach((histogram, index) => {
      expect(histogram.read().count).toBe(index + 1);
    });
  });

  test('the series of a gone upstream disappear from every family, and its freed slot starts at zero', () => {
    const registry = new Registry();
    const family = registry.counter(requests);
    const histograms = registry.histogram(duration);
    family.bind('orders', 'ok').add(9);
    family.bind('payments', 'ok').add(1);
    histograms.bind('orders').record(1);
    registry.forget('upstream', 'orders');
    expect([...family.list()].map(({ values }) => values)).toEqual([['payments', 'ok']]);
    expect(histograms.size).toBe(0);
    expect(family.bind('users', 'ok').value).toBe(0);
    expect(histograms.bind('users').read()).toMatchObject({ count: 0, sum: 0 });
  });

  test('a handle that outlives its series counts into nothing, not into the series that took its slot', () => {
    const registry = new Registry();
    const counters = registry.counter(requests);
    const histograms = registry.histogram(duration);
    const gauges = registry.gauge({ ...requests, name: 'test.active' });
    const lateGauge = gauges.bind('orders', 'ok');
    const lateCounter = counters.bind('orders', 'ok');
    const lateHistogram = histograms.bind('orders');
    registry.forget('upstream', 'orders');
    const counter = counters.bind('users', 'ok');
    const histogram = histograms.bind('users');
    lateCounter.add(1);
    lateHistogram.record(500);
    const gauge = gauges.bind('users', 'ok');
    lateGauge.add(1);
    lateGauge.set(7);
    expect(gauge.value).toBe(0);
    expect(counter.value).toBe(0);
    expect(histogram.read().count).toBe(0);
  });

  test('a wrong number of label values is refused by name', () => {
    const family = new Registry().counter(requests);
    expect(() => family.bind('orders')).toThrow('test.requests has 2 labels (upstream, state), got 1 values');
  });

  test('a family that grows without bound ends in one shared series', () => {
    const family = new Registry().counter({ ...requests, labels: ['upstream'] });
    for (let index = 0; index < 20_500; index++) family.bind(`u${index}`).add(1);
    expect(family.size).toBe(20_001);
    expect(family.bind('_overflow').value).toBe(500);
  });

  test('one name is one metric of one kind', () => {
    const registry = new Registry();
    expect(registry.counter(requests)).toBe(registry.counter(requests));
    expect(() => registry.gauge(requests)).toThrow('test.requests is a counter already, not a gauge');
  });
});
