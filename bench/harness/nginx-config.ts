import type { ProxyTask } from './proxy-task.ts';

/** What both nginx roles share: one worker, no log, connections that live as long as the run. */
function frame(directory: string, connections: number, http: string): string {
  return `${process.getuid?.() === 0 ? 'user root;\n' : ''}worker_processes 1;
daemon off;
pid ${directory}/nginx.pid;
error_log stderr crit;
worker_rlimit_nofile ${connections + 1000};
events { worker_connections ${connections}; }
http {
  access_log off;
  default_type text/plain;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_temp_path ${directory}/client;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
${http}
}
`;
}

/** nginx as a contestant: keep-alive to the origin, bodies streamed both ways. */
export function nginxProxyConfig({ listenPort, endpoints, policy, directory }: ProxyTask): string {
  const balance = policy === 'least-connections' ? '    least_conn;\n' : policy === 'random' ? '    random;\n' : '';
  return frame(
    directory,
    16_384,
    `  map $http_upgrade $connection_out { default ""; websocket upgrade; }
  upstream origin {
${balance}${endpoints.map((endpoint) => `    server ${endpoint} max_fails=0;`).join('\n')}
    keepalive 1024;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }
  server {
    listen 127.0.0.1:${listenPort};
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_read_timeout 1h;
      proxy_set_header Host $http_host;
      proxy_set_header Connection $connection_out;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto http;
      proxy_set_header Forwarded 'for=$remote_addr;host="$http_host";proto=http';
      proxy_set_header Via "1.1 bench";
    }
  }`,
  );
}

/** nginx as the origin: a small answer from memory, 64 KiB and 1 GiB from files, with and without the prefix. */
export function nginxOriginConfig(address: string, directory: string, connections: number): string {
  return frame(
    directory,
    connections,
    `  server {
    listen ${address};
    location ~ /small$ { return 200 "hello from the origin"; }
    location ~ ^(?:/bench)?/(64k|1g)$ { alias ${directory}/files/$1; }
  }`,
  );
}
