import type { ServerOptions } from 'node:https';
import type { FakeVersion } from './marathon-version.ts';

/** How a `FakeMarathon` begins. */
export interface FakeMarathonOptions {
  /** Default 1.8. */
  readonly version?: FakeVersion;
  /** How many Marathons there are; the first leads. Default 1. */
  readonly addresses?: number;
  /** Where tasks run, in turn. Default 127.0.0.1. */
  readonly hosts?: readonly string[];
  /** `user:password` that every request must carry. */
  readonly auth?: string;
  /** DC/OS token that every request must carry. */
  readonly token?: string;
  /** What is before `/v2`, such as `/service/marathon`. */
  readonly prefix?: string;
  /** The ports speak TLS. */
  readonly tls?: ServerOptions;
}
