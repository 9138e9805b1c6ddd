import type { ClientHttp2Stream, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { INCOMPLETE } from '../http1/field-block.ts';
import type { OriginFailure } from '../http1/origin-failure.ts';
import { RequestHead } from '../http1/request-head.ts';
import { relayedHeaders, requestText } from '../http2/header-text.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AttemptLedger } from './attempt-ledger.ts';
import { DiscoveryWait } from './discovery-wait.ts';
import { ExchangeLog } from './exchange-log.ts';
import { httpStatusOf, isGrpc } from './grpc-status.ts';
import { parseGrpcTimeout } from './grpc-timeout.ts';
import type { H2AnswerHead, H2AttemptOwner } from './h2-attempt-owner.ts';
import { H2Attempts } from './h2-attempts.ts';
import { H2Body } from './h2-body.ts';
import { H2Response } from './h2-response.ts';
import { type H2Due, H2Times } from './h2-times.ts';
import { OutgoingRequest } from './outgoing-request.ts';
import type { Arrival, ProxyCore } from './proxy-core.ts';
import { ProxyError, type ProxyErrorCode } from './proxy-error.ts';
import { RequestGate } from './request-gate.ts';

/** Takes requests whose upstream speaks HTTP/1.1. */
export type Translate = (stream: ServerHttp2Stream, head: string, isWhole: boolean) => void;

/** What an {@link H2Exchange} is made for. */
export interface H2ExchangeOptions {
  readonly core: ProxyCore;
  readonly arrival: Arrival;
  readonly translate: Translate;
}

/** Where a request is: there is none; it is under way; it has ended. */
type Phase = 'none' | 'open' | 'over';

/**
 * The life of one request over HTTP/2: read, routed, tried at an endpoint or at two, its answer passed on, the lease
 * settled. Made for a session and used again for one stream after the other.
 */
export class H2Exchange implements H2AttemptOwner {
  readonly #core: ProxyCore;
  readonly #translate: Translate;
  readonly #head: RequestHead;
  readonly #out: OutgoingRequest = new OutgoingRequest();
  readonly #body: H2Body = new H2Body();
  readonly #response: H2Response = new H2Response();
  readonly #log: ExchangeLog;
  readonly #gate: RequestGate;
  readonly #times: H2Times;
  readonly #ledger: AttemptLedger;
  readonly #attempts: H2Attempts;
  readonly #discovery: DiscoveryWait;
  readonly #wire = { bytesRead: 0, bytesWritten: 0, unsentBytes: 0 };
  #phase: Phase = 'none';
  #isGrpc = false;

  constructor({ core, arrival, translate }: H2ExchangeOptions) {
    this.#core = core;
    this.#translate = translate;
    this.#head = new RequestHead(core.settings.limits);
    this.#log = new ExchangeLog(core, { wire: this.#wire }, arrival);
    this.#gate = new RequestGate(core, arrival, this.#log.trace);
    this.#times = new H2Times(core.deadlines, (due) => this.#due(due));
    this.#ledger = new AttemptLedger(core, this.#out, this.#log);
    const shared = { core, out: this.#out, log: this.#log, ledger: this.#ledger };
    this.#attempts = new H2Attempts({ ...shared, body: this.#body, times: this.#times }, this);
    this.#discovery = new DiscoveryWait({
      core,
      gate: this.#gate,
      out: this.#out,
      goOn: (known) => this.#try(known),
    });
  }

  /** Takes a request. Returns false when it has been passed to {@link Translate}, and nothing of it is left here. */
  start(stream: ServerHttp2Stream, raw: readonly string[], isWhole: boolean): boolean {
    const text = requestText(raw, { isWhole });
    this.#phase = 'open';
    this.#isGrpc = isGrpc(fieldOf(raw, 'content-type'));
    this.#response.start(stream);
    this.#ledger.reset();
    this.#wire.bytesRead += text?.length ?? 0;
    const refusal = this.#parse(text);
    const upstream = refusal === undefined ? this.#gate.pass(this.#head, this.#out) : undefined;
    const error = refusal ?? this.#gate.error;
    if (upstream?.settings.protocol === 'http1' && !this.#isGrpc) {
      this.#phase = 'none';
      this.#translate(stream, text as string, isWhole);
      return false;
    }
    if (refusal === undefined) this.#log.start(this.#head);
    else this.#log.startRefused();
    this.#body.mayHaveTrailers = !this.#isGrpc;
    this.#body.start(stream, isWhole, upstream?.settings.retry.bufferBytes ?? 0);
    this.#times.start(upstream?.settings.timeouts, parseGrpcTimeout(fieldOf(raw, 'grpc-timeout')));
    this.#listen(stream);
    if (upstream === undefined) {
      this.giveUp(error?.code ?? 'proxy_failed', error?.message ?? 'the request led nowhere');
    } else {
      if (upstream.state === 'ready') this.#ledger.enter(upstream);
      if (upstream.state === 'waiting') this.#discovery.begin(upstream);
      else this.#try(upstream);
    }
    return true;
  }

  originInterim(status: number, raw: readonly string[]): void {
    this.#times.moved();
    this.#response.interim(status, raw);
  }

  originAnswered(_origin: ClientHttp2Stream, head: H2AnswerHead): void {
    const { status, headers, isWhole } = head;
    this.#log.answered(status);
    this.#times.answered();
    // Trailers alone: the call has failed without a message, and its status is all there is to go by.
    const grpcStatus = this.#isGrpc && isWhole ? headers['grpc-status'] : undefined;
    const effective = typeof grpcStatus === 'string' ? httpStatusOf(grpcStatus) : status;
    if (this.#attempts.goesOnAfterStatus(effective, this.#gate.hash)) return;
    this.#ledger.answered();
    this.#body.commit();
    try {
      this.#response.begin(head);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.giveUp('answer_malformed', `the answer cannot be passed on: ${reason}`);
    }
  }

  originTrailers(raw: readonly string[], headers: IncomingHttpHeaders): void {
    this.#response.trailers(raw, headers);
  }

  originData(origin: ClientHttp2Stream, piece: Buffer): void {
    this.#times.moved();
    this.#response.piece(origin, piece);
  }

  originEnded(): void {
    const { status, grpcStatus } = this.#response;
    const seen = this.#isGrpc && status === 200 ? httpStatusOf(grpcStatus) : status;
    this.#ledger.settle({ kind: 'responded', status: seen }, undefined);
    this.#attempts.release();
    this.#response.end(this.#body.isWhole);
    this.#over();
  }

  originFailed(failure: OriginFailure): void {
    this.#times.answered();
    if (!this.#response.hasBegun && this.#attempts.goesOnAfterFailure(failure, this.#gate.hash)) return;
    this.giveUp(failure.code, failure.message, failure);
  }

  giveUp(code: ProxyErrorCode, reason: string, failure?: OriginFailure): void {
    if (this.#phase === 'over') return;
    this.#ledger.fail(code, reason, failure);
    this.#attempts.drop();
    // What is broken off now must not pass for the caller's doing.
    this.#phase = 'over';
    const nowMs = this.#core.wallMs();
    const { isHead } = this.#out;
    this.#response.fail({ code, reason, isHead, isGrpc: this.#isGrpc, nowMs }, this.#body.isWhole);
    this.#over();
  }

  #parse(text: string | undefined): ProxyError | undefined {
    if (text === undefined) return new ProxyError('malformed', 'the fields of the stream are no request');
    const bytes = Buffer.from(text, 'latin1');
    if (bytes.length > this.#core.settings.limits.headBytes) {
      return new ProxyError('head_too_large', 'the head is too large');
    }
    const after = this.#head.parse(bytes, 0, bytes.length);
    if (after === bytes.length) return undefined;
    if (after < INCOMPLETE) return new ProxyError(this.#head.fault.code, this.#head.fault.reason);
    return new ProxyError('malformed', 'the fields of the stream are no request');
  }

  #listen(stream: ServerHttp2Stream): void {
    stream.on('data', (piece: Buffer) => {
      this.#wire.bytesRead += piece.length;
      if (this.#phase === 'over') return;
      this.#times.moved();
      if (this.#gate.countBody(piece.length)) this.#body.take(piece);
      else this.giveUp('body_too_large', 'the content of the request is too large');
    });
    stream.on('trailers', (_headers, _flags, raw) => this.#body.takeTrailers(relayedHeaders(raw, undefined)));
    stream.on('end', () => {
      if (this.#phase === 'over' || stream.aborted) return;
      this.#body.end();
      if (this.#attempts.isSending) this.#times.asked();
    });
    stream.on('aborted', () => this.#cancel());
    stream.once('close', () => this.#cancel());
  }

  #try(upstream: Upstream): void {
    this.#attempts.attempt(upstream, this.#gate.hash);
  }

  #due(due: H2Due): void {
    if (due === 'total') {
      this.#attempts.suspect();
      this.giveUp('total_timeout', 'the request took longer than it may in all');
    } else if (due === 'answer') {
      this.#attempts.suspect();
      this.originFailed(this.#attempts.timedOut());
    } else if (this.#body.isWhole || this.#response.hasBegun) {
      this.giveUp('answer_stalled', 'nothing moved for too long');
    } else {
      this.giveUp('body_timeout', 'the body of the request stopped coming');
    }
  }

  /** The caller has gone. */
  #cancel(): void {
    if (this.#phase === 'over' || this.#phase === 'none') return;
    this.#ledger.cancel();
    this.#attempts.drop();
    this.#over();
  }

  #over(): void {
    this.#phase = 'over';
    this.#discovery.end();
    this.#times.stop();
    this.#body.commit();
    this.#wire.bytesWritten += this.#response.bytes;
    this.#log.end();
  }
}

function fieldOf(raw: readonly string[], name: string): string | undefined {
  for (let at = 0; at < raw.length; at += 2) if (raw[at] === name) return raw[at + 1];
  return undefined;
}
