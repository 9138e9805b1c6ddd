import { Refusal } from '../wire/refusal.ts';

/** An error of the store on a read, with the headers that Consul sends then (docs/consul-client.md 6). */
export function readFailure(message: string): Refusal {
  return new Refusal(500, message, {
    'X-Consul-Index': '1',
    'X-Consul-KnownLeader': 'false',
    'X-Consul-LastContact': '0',
  });
}
