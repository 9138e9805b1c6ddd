import { CodedError, LoadBalancer } from 'pilotfish';

/**
 * Plugin for fastify: `app.call('payments', '/api/42')` is a fetch to an instance of the service, picked by load. Its
 * watches end with the app.
 */
export function services(app, { consul }, done) {
  const balancers = new Map();
  app.decorate('call', (service, path, init) => {
    const balancer = balancers.get(service) ?? new LoadBalancer({ consul, service, policy: 'least-connections' });
    balancers.set(service, balancer);
    return balancer.fetch(path, init);
  });
  app.addHook('onClose', () => Promise.all([...balancers.values()].map((each) => each.close())));
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof CodedError)) return reply.send(error);
    return reply.code(error.code === 'service_not_found' ? 404 : 503).send({ error: error.code });
  });
  done();
}
// Not only for routes that are registered within the plugin.
services[Symbol.for('skip-override')] = true;
