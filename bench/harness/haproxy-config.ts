import type { ProxyTask } from './proxy-task.ts';

const BALANCE: Readonly<Record<string, string>> = {
  'round-robin': 'roundrobin',
  random: 'random(1)',
  'least-connections': 'leastconn',
  p2c: 'random(2)',
  'ring-hash': 'hdr(X-Key)\n  hash-type consistent',
};

/** The fields that the other contestants add too. */
const FORWARDED_FIELDS = `
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto http
  http-request set-header Forwarded for=%[src];host=%[req.hdr(host),quote];proto=http
  http-request add-header Via "1.1 bench"`;

/**
 * HAProxy's configuration for one thread, keep-alive on both sides and no log.
 * @param addsFields false: bytes are passed on with no header work at all
 */
export function haproxyConfig({ listenPort, endpoints, policy }: ProxyTask, addsFields: boolean): string {
  const servers = endpoints.map((endpoint, index) => `  server e${index} ${endpoint}`).join('\n');
  const fields = FORWARDED_FIELDS.replace('%[req.hdr(host),quote]', '\\"%[req.hdr(host)]\\"');
  return `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 1s
  timeout client 5m
  timeout server 5m
  timeout tunnel 1h
  option http-keep-alive
  http-reuse always
frontend caller
  bind 127.0.0.1:${listenPort}${addsFields ? fields : ''}
  default_backend origin
backend origin
  balance ${BALANCE[policy] ?? 'roundrobin'}
${servers}
`;
}
