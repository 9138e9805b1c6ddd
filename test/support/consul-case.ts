import type { ConsulClient } from '../../src/consul/consul-client.ts';

/** One thing that Consul's API does, to be checked on any registry that speaks it. Throws if it does not. */
export interface ConsulCase {
  readonly name: string;
  /** Leaves nothing behind that another case could see; `address` is for requests that the client would not make. */
  run(client: ConsulClient, address: string): Promise<void>;
}

let made = 0;

/** A name that no other case uses. */
export function uniqueName(prefix: string): string {
  made += 1;
  return `${prefix}-${process.pid}-${made}`;
}

/** A raw request; redirects are not followed. */
export async function ask(
  address: string,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const answer = await fetch(`${address}/v1/${path}`, { redirect: 'manual', ...init });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** Reads until what was read will do; throws the last complaint after 20 s. */
export async function eventually<T>(read: () => Promise<T>, check: (value: T) => void): Promise<T> {
  const giveUpAtMs = performance.now() + 20_000;
  for (;;) {
    const value = await read();
    try {
      check(value);
      return value;
    } catch (error) {
      if (performance.now() > giveUpAtMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
