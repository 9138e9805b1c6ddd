import { parseJson } from '../../src/dev-agent/wire/go-json.ts';
import { type JsonValue, toPlain } from '../../src/dev-agent/wire/json-value.ts';
import { allowedDifferences } from './dev-agent-allowed-differences.ts';
import { type Call, RawClient } from './dev-agent-call.ts';

/** An answer in which everything that may rightly differ between two registries is replaced by a name. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const COMPARED_HEADERS: readonly string[] = [
  'allow',
  'content-security-policy',
  'content-type',
  'location',
  'x-consul-effective-consistency',
  'x-consul-knownleader',
  'x-consul-lastcontact',
  'x-consul-reason',
  'x-content-type-options',
];

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/**
 * A registry under comparison. Indexes are replaced by the step of the script that made them: after each step the
 * registry tells the index it has come to, so `@7` means "made by step 7" whatever the number is.
 */
export class Target implements Disposable {
  readonly client: RawClient;
  /** What earlier calls gave, by name: ids of sessions, indexes of keys. */
  readonly captured: Map<string, string> = new Map();
  readonly #steps: number[] = [];

  constructor(address: string) {
    this.client = new RawClient(address);
  }

  /** Sends a call of the script as its next step. */
  async step(call: Call & { readonly capture?: string }): Promise<PlainAnswer> {
    const answer = await this.client.send(this.filled(call));
    if (call.capture !== undefined) {
      const id =
        /"ID"\s*:\s*"([^"]+)"/.exec(answer.body.toString())?.[1] ??
        /"ModifyIndex"\s*:\s*(\d+)/.exec(answer.body.toString())?.[1];
      this.captured.set(call.capture, id ?? '0');
    }
    this.#steps.push(await this.#appliedIndex());
    const headers = Object.fromEntries(
      COMPARED_HEADERS.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name) ?? '']] : [])),
    );
    const index = answer.headers.get('x-consul-index');
    const isEvent = call.path.startsWith('/v1/event');
    if (index !== undefined && !isEvent) headers.index = this.#stepOf(Number(index));
    const plain = { status: answer.status, headers, body: this.#plainBody(answer.body, headers['content-type'] ?? '') };
    return allowedDifferences.reduce(
      (result, { applies, hide }) => (applies(call, result) ? hide(result) : result),
      plain as PlainAnswer,
    );
  }

  /** The call with what was captured put in. */
  filled(call: Call): Call {
    const fill = (text: string): string =>
      text.replaceAll(/\{(\w+)\}/g, (all, name: string) => this.captured.get(name) ?? all);
    const { body } = call;
    return { ...call, path: fill(call.path), ...(typeof body === 'string' ? { body: fill(body) } : {}) };
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }

  async #appliedIndex(): Promise<number> {
    const { body } = await this.client.send({ method: 'GET', path: '/v1/agent/self' });
    const self = JSON.parse(body.toString()) as { Stats: { raft: { applied_index: string } } };
    return Number(self.Stats.raft.applied_index);
  }

  #stepOf(index: number): string {
    if (index <= 1) return String(index);
    const step = this.#steps.findIndex((applied) => applied >= index);
    return step <= 0 ? '@start' : `@${step}`;
  }

  #plainBody(body: Buffer, type: string): unknown {
    const text = body.toString('latin1');
    if (!type.startsWith('application/json')) return text.replaceAll(UUID, '<uuid>');
    return this.#plain(toPlain(parseJson(body.toString()) as JsonValue), '');
  }

  #plain(value: unknown, key: string): unknown {
    if (key === 'CreateIndex' || key === 'ModifyIndex') return this.#stepOf(Number(value));
    if (typeof value === 'string') return value.replaceAll(UUID, '<uuid>');
    if (typeof value === 'bigint') return `${value}n`;
    if (Array.isArray(value)) return value.map((item) => this.#plain(item, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#plain(item, name)]));
  }
}
