import { CodedError, LoadBalancer } from 'pilotfish';

/**
 * Middleware for hono: `c.var.call('payments', '/api/42')` is a fetch to an instance of the service, picked by load.
 */
export function services(consul) {
  const balancers = new Map();
  const call = (service, path, init) => {
    const balancer = balancers.get(service) ?? new LoadBalancer({ consul, service, policy: 'least-connections' });
    balancers.set(service, balancer);
    return balancer.fetch(path, init);
  };
  return async (c, next) => {
    c.set('call', (service, path, init) => call(service, path, { signal: c.req.raw.signal, ...init }));
    await next();
  };
}

/** For `app.onError`: what a service's absence means for the caller is an answer too. */
export function serviceErrors(error, c) {
  if (!(error instanceof CodedError)) throw error;
  return c.json({ error: error.code }, error.code === 'service_not_found' ? 404 : 503);
}
