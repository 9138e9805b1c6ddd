import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

/** What there is: so many services, each with so many instances, all of them this port on addresses within 127.0.0.0/8. */
export interface GeneratedCatalog {
  readonly services: number;
  readonly instances: number;
  readonly port: number;
}

/** Over so many nodes the instances are spread. */
const NODES = 100;
/** Nothing ever changes. */
const INDEX = 7;

/** The name of a service of a bench. */
export function serviceName(index: number): string {
  return `service-${index}`;
}

/** The entry of `/v1/health/service/:name` as an agent writes it. */
function entry(at: number, name: string, port: number): object {
  const node = `node-${at % NODES}`;
  const address = `127.${1 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
  const id = `${name}-${address}-${port}`;
  const tags = ['v1', 'api', `zone-${at % 3}`];
  const indexes = { CreateIndex: at + 10, ModifyIndex: at + 10 };
  return {
    Node: { ID: '', Node: node, Address: `10.0.0.${at % NODES}`, Datacenter: 'dc1', Meta: null, ...indexes },
    Service: {
      ID: id,
      Service: name,
      Tags: tags,
      Address: address,
      Meta: { version: '1.4.2', zone: `zone-${at % 3}`, commit: ((at % 5) * 2_654_435_761).toString(16) },
      Port: port,
      Weights: { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
      Proxy: { Mode: '', MeshGateway: {}, Expose: {} },
      Connect: {},
      PeerName: '',
      ...indexes,
    },
    Checks: [
      {
        Node: node,
        CheckID: `service:${id}`,
        Name: 'http',
        Status: 'passing',
        Notes: '',
        Output: 'HTTP GET http://127.0.0.1/health: 200 OK Output: fine',
        ServiceID: id,
        ServiceName: name,
        ServiceTags: tags,
        Type: 'http',
        Interval: '10s',
        Timeout: '5s',
        ...indexes,
      },
    ],
  };
}

/**
 * Consul's catalog of any size, as far as a sidecar asks for it, made up as it is asked: the embedded registry is for one
 * machine, and looks through all it has for each question.
 */
export async function startGeneratedRegistry({ services, instances, port }: GeneratedCatalog): Promise<string> {
  const known = new Map(Array.from({ length: services }, (_, index) => [serviceName(index), index]));
  const send = (response: ServerResponse, value: unknown) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-consul-index': INDEX }).end(JSON.stringify(value));
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://registry');
    const name = /^\/v1\/health\/service\/(.+)$/.exec(url.pathname)?.[1] ?? '';
    const index = known.get(name);
    const entries = () =>
      Array.from({ length: instances }, (_, at) => entry((index ?? 0) * instances + at, name, port));
    const answer = () => send(response, index === undefined ? [] : entries());
    if (url.searchParams.get('index') !== String(INDEX)) return answer();
    // Sidecars say how long in milliseconds: `wait=300000ms`.
    const timer = setTimeout(answer, Number.parseInt(url.searchParams.get('wait') ?? '300000', 10));
    response.once('close', () => clearTimeout(timer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
}
