import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';
import { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { registryKinds } from '../../support/registries.ts';
import { until } from '../../support/until.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

describe.each(registryKinds)('a request through two sidecars on $name', ({ isHere, start }) => {
  it.skipIf(!isHere)('is one trace: server and client spans nested, known to log and metrics', async () => {
    await using registry = await start();
    await using collector = await OtlpReceiver.start();
    await using stack = new AsyncDisposableStack();
    const seen: (string | undefined)[] = [];
    const origin = createServer((incoming, response) => {
      seen.push(incoming.headers.traceparent as string | undefined);
      response.end('done');
    });
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    stack.defer(() => void origin.close());

    const sidecar = (name: string) => {
      const ports = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'];
      const args = ['run', '--consul', registry.address, ...ports, '--set', 'telemetry.logs.access=sampled'];
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_BSP_SCHEDULE_DELAY: '20',
        OTEL_SERVICE_NAME: name,
      };
      return stack.use(new CliProcess(args, { env }));
    };
    const [first, second] = [sidecar('first'), sidecar('second')];
    const [outer, inner] = await Promise.all([first.ready(), second.ready()]);
    const register = async (name: string, port: number) => {
      const body = JSON.stringify({ Name: name, ID: name, Address: '127.0.0.1', Port: port });
      const answer = await fetch(`${registry.address}/v1/agent/service/register`, { method: 'PUT', body });
      expect(answer.status).toBe(200);
    };
    await register('orders', (origin.address() as AddressInfo).port);
    // The second sidecar stands behind the first as an instance of `front`.
    await register('front', Number(new URL(inner.proxyUrl).port));
    await until('both know their services', async () => (await fetch(`${outer.proxyUrl}/front/orders/warm`)).ok);
    seen.length = 0;

    const traceparent = `00-${TRACE}-${CALLER}-01`;
    const answer = await fetch(`${outer.proxyUrl}/front/orders/api?secret=1`, { headers: { traceparent } });
    expect(answer.status).toBe(200);
    const spans = () => collector.spans.filter(({ traceId }) => traceId === TRACE);
    await collector.until(() => spans().length === 4);

    const chain: { readonly service: unknown; readonly kind: number; readonly name: string }[] = [];
    let parent = CALLER;
    for (;;) {
      const child = spans().find(({ parentSpanId }) => parentSpanId === parent);
      if (child === undefined) break;
      chain.push({ service: child.resource['service.name'], kind: child.kind, name: child.name });
      parent = child.spanId;
    }
    expect(chain).toEqual([
      { service: 'first', kind: 2, name: 'GET /front/*' },
      { service: 'first', kind: 3, name: 'GET' },
      { service: 'second', kind: 2, name: 'GET /orders/*' },
      { service: 'second', kind: 3, name: 'GET' },
    ]);
    expect(seen).toEqual([`00-${TRACE}-${parent}-01`]);
    expect(JSON.stringify(spans(), (_key, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
      'secret',
    );

    await first.written(new RegExp(`"msg":"request".*"traceId":"${TRACE}"`));
    const accept = { accept: 'application/openmetrics-text; version=1.0.0' };
    const metrics = await (await fetch(`${outer.adminUrl}/metrics`, { headers: accept })).text();
    expect(metrics).toMatch(new RegExp(`http_server_request_duration_seconds_bucket.* # \\{trace_id="${TRACE}"`));
  });
});
