import { Readable } from 'node:stream';
import { CodedError, LoadBalancer } from 'pilotfish';

/**
 * Middleware for express: `await req.call('payments', '/api/42')` is a fetch to an instance of the service, picked by
 * load. It is broken off when the caller goes away.
 */
export function services(consul) {
  const balancers = new Map();
  return (req, res, next) => {
    const gone = new AbortController();
    res.once('close', () => res.writableFinished || gone.abort());
    req.call = (service, path, init) => {
      const balancer = balancers.get(service) ?? new LoadBalancer({ consul, service, policy: 'least-connections' });
      balancers.set(service, balancer);
      return balancer.fetch(path, { signal: gone.signal, ...init });
    };
    next();
  };
}

/** Sends a fetched answer on, as it comes. */
export function relay(answer, res) {
  res.status(answer.status).type(answer.headers.get('content-type') ?? 'application/octet-stream');
  if (answer.body === null) res.end();
  else
    Readable.fromWeb(answer.body)
      .on('error', () => res.destroy())
      .pipe(res);
}

/** The last middleware: what a service's absence means for the caller is an answer too. */
export function serviceErrors(error, _req, res, next) {
  if (!(error instanceof CodedError) || res.headersSent) return next(error);
  res.status(error.code === 'service_not_found' ? 404 : 503).json({ error: error.code });
}
