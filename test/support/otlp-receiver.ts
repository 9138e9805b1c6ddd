import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { ProtobufFields } from './protobuf-fields.ts';

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A span as a collector gets it (opentelemetry/proto/trace/v1/trace.proto). */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** 2 server, 3 client. */
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Attributes;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly resource: Attributes;
}

/** A data point as a collector gets it (opentelemetry/proto/metrics/v1/metrics.proto). */
export interface ReceivedPoint {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'sum' | 'histogram';
  /** 1 delta, 2 cumulative, 0 not said. */
  readonly temporality: number;
  readonly isMonotonic: boolean;
  readonly attributes: Attributes;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** A number's value, or a histogram's sum. */
  readonly value: number;
  readonly count: number;
  readonly buckets: readonly number[];
  readonly bounds: readonly number[];
  readonly resource: Attributes;
}

/** An OTLP/HTTP collector for tests: takes protobuf on `/v1/traces` and `/v1/metrics` and keeps what it got. */
export class OtlpReceiver implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  /** One list per export. */
  readonly exports: ReceivedPoint[][] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  /** What is answered; 0 holds every request without an answer. */
  status = 200;
  readonly #server: Server;
  readonly #arrived = new Set<() => void>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<OtlpReceiver> {
    const receiver: OtlpReceiver = new OtlpReceiver(
      createServer(async (request, response) => {
        const body = await buffer(request);
        receiver.headers.push(request.headers);
        if (receiver.status === 0) return;
        if (receiver.status === 200) {
          const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
          receiver.#take(request.url ?? '', new ProtobufFields(bytes));
        }
        response.writeHead(receiver.status, { 'content-type': 'application/x-protobuf' }).end();
        for (const tell of receiver.#arrived) tell();
      }),
    );
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The points of the newest metrics export, by name. */
  points(name: string): readonly ReceivedPoint[] {
    return (this.exports.at(-1) ?? []).filter((point) => point.name === name);
  }

  /** Waits until `holds` is true, asked after each arrival. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#arrived.add(resolve);
      await promise;
      this.#arrived.delete(resolve);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #take(path: string, request: ProtobufFields): void {
    const resources = request.messages(1);
    if (path === '/v1/traces') this.spans.push(...resources.flatMap(spansOf));
    else if (path === '/v1/metrics') this.exports.push(resources.flatMap(pointsOf));
    else throw new Error(`unexpected OTLP path ${path}`);
  }
}

function spansOf(resourceSpans: ProtobufFields): ReceivedSpan[] {
  const resource = attributesOf(resourceSpans.messages(1)[0]?.messages(1) ?? []);
  return resourceSpans
    .messages(2)
    .flatMap((scope) => scope.messages(2))
    .map((span) => ({
      traceId: span.hex(1),
      spanId: span.hex(2),
      traceState: span.text(3),
      parentSpanId: span.hex(4),
      name: span.text(5),
      kind: span.integer(6),
      startNs: span.fixed64(7),
      endNs: span.fixed64(8),
      attributes: attributesOf(span.messages(9)),
      status: span.messages(15)[0]?.integer(3) ?? 0,
      resource,
    }));
}

function pointsOf(resourceMetrics: ProtobufFields): ReceivedPoint[] {
  const resource = attributesOf(resourceMetrics.messages(1)[0]?.messages(1) ?? []);
  const metrics = resourceMetrics.messages(2).flatMap((scope) => scope.messages(2));
  return metrics.flatMap((metric) => {
    const kinds = [
      ['gauge', 5],
      ['sum', 7],
      ['histogram', 9],
    ] as const;
    const [kind, field] = kinds.find(([, number]) => metric.has(number)) ?? (['gauge', 5] as const);
    const data = metric.messages(field)[0] as ProtobufFields;
    return data.messages(1).map((point) => ({
      name: metric.text(1),
      unit: metric.text(3),
      kind,
      temporality: data.integer(2),
      isMonotonic: kind === 'sum' && data.integer(3) === 1,
      attributes: attributesOf(point.messages(kind === 'histogram' ? 9 : 7)),
      startNs: point.fixed64(2),
      endNs: point.fixed64(3),
      value: kind === 'histogram' ? point.double(5) : point.double(4),
      count: kind === 'histogram' ? Number(point.fixed64(4)) : 0,
      buckets: kind === 'histogram' ? point.fixed64List(6) : [],
      bounds: kind === 'histogram' ? point.doubleList(7) : [],
      resource,
    }));
  });
}

function attributesOf(pairs: readonly ProtobufFields[]): Attributes {
  return Object.fromEntries(pairs.map((pair) => [pair.text(1), anyValue(pair.messages(2)[0])]));
}

function anyValue(value: ProtobufFields | undefined): string | number | boolean {
  if (value?.has(2)) return value.integer(2) === 1;
  if (value?.has(3)) return value.integer(3);
  if (value?.has(4)) return value.double(4);
  return value?.text(1) ?? '';
}
