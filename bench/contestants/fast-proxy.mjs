// On its undici pool, which costs less than its agent. undici frames bodies itself and refuses to be told how, so the
// field that says so has to go.
import { createServer } from 'node:http';
import fastProxy from 'fast-proxy';
import { forwardedFields, listenPort, originUrl } from './forwarded-fields.mjs';

const { proxy } = fastProxy({ base: originUrl, undici: { connections: 512, pipelining: 1 } });
const options = {
  rewriteRequestHeaders(request, headers) {
    delete headers['transfer-encoding'];
    return Object.assign(headers, forwardedFields(request));
  },
};

createServer((request, response) => proxy(request, response, request.url, options)).listen(listenPort, '127.0.0.1');
