import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contestant } from './contestant.ts';
import { haproxyConfig } from './haproxy-config.ts';
import { nginxProxyConfig } from './nginx-config.ts';
import { PROXY_CORE, startServer, versionOf } from './pinned-process.ts';

function haproxy(name: string, about: string, addsFields: boolean): Contestant {
  return {
    name,
    kind: 'native',
    about,
    tunnelsWebSockets: true,
    version: () => versionOf('haproxy', '-v'),
    remedy: 'apt-get install haproxy',
    start(task) {
      const config = join(task.directory, 'haproxy.cfg');
      writeFileSync(config, haproxyConfig(task, addsFields));
      return startServer(PROXY_CORE, ['haproxy', '-db', '-q', '-f', config], task.listenPort);
    },
  };
}

/** Proxies in C, one thread each. HAProxy twice: with the header work of all the others, and with none. */
export const nativeContestants: readonly Contestant[] = [
  haproxy('haproxy', 'HAProxy, nbthread 1, the same forwarding fields as the others', true),
  haproxy('haproxy-bare', 'HAProxy, nbthread 1, no header work at all', false),
  {
    name: 'nginx',
    kind: 'native',
    about: 'nginx, one worker, keep-alive to the origin',
    tunnelsWebSockets: true,
    version: () => versionOf('nginx', '-v'),
    remedy: 'apt-get install nginx-light',
    start(task) {
      const config = join(task.directory, 'nginx.conf');
      writeFileSync(config, nginxProxyConfig(task));
      return startServer(PROXY_CORE, ['nginx', '-p', task.directory, '-e', 'stderr', '-c', config], task.listenPort);
    },
  },
];
