import type { AdminParts } from './admin-parts.ts';
import type { AdminApp } from './admin-server.ts';

/** {@link adminApp}, loaded and made when its first request comes. */
export function lazyAdminApp(parts: AdminParts): AdminApp {
  let app: Promise<AdminApp> | undefined;
  const load = async (): Promise<AdminApp> => (await import('./admin-app.ts')).adminApp(parts);
  return {
    fetch: async (request, bindings) => {
      app ??= load();
      return (await app).fetch(request, bindings);
    },
  };
}
