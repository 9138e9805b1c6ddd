import { CodedError } from '../../runtime/coded-error.ts';

/** An answer other than success, as Consul words it: thrown anywhere below a route, answered by the HTTP layer. */
export class Refusal extends CodedError {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message, { code: 'registry_refused', side: 'app', retryable: false });
    this.status = status;
    this.headers = headers;
  }
}

/** What a client got wrong: 400 with `message`. */
export function badRequest(message: string): Refusal {
  return new Refusal(400, message);
}

/** What Consul answers with 500 although the client may be at fault (the store refused it). */
export function storeFailure(message: string): Refusal {
  return new Refusal(500, message);
}
