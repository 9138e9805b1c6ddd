import type { AdminParts } from './admin-parts.ts';

/** What orchestrators and collectors ask for again and again. */
export interface Probe {
  readonly status: 200 | 503;
  readonly contentType: string;
  readonly body: string;
}

/** Answers one path; `accept` is the request's field. */
export type AnswerProbe = (accept: string | undefined) => Promise<Probe>;

/** What probes are answered from; without `refresh`, metrics are always up to date. */
export type ProbeParts = Pick<AdminParts, 'readiness' | 'metrics' | 'version'> & Partial<Pick<AdminParts, 'refresh'>>;

/** `/healthz`, `/readyz` and, unless they are switched off, `/metrics`: by their path, because most ports see nothing else. */
export function probesOf({ readiness, refresh, metrics, version }: ProbeParts): ReadonlyMap<string, AnswerProbe> {
  const probes = new Map<string, AnswerProbe>([
    ['/healthz', async () => json(200, { status: 'alive', version })],
    [
      '/readyz',
      async () => {
        const { ready, ...rest } = readiness();
        return json(ready ? 200 : 503, { ready, ...rest });
      },
    ],
  ]);
  if (metrics === undefined) return probes;
  return probes.set('/metrics', async (accept) => {
    await refresh?.();
    const { contentType, text } = await metrics(accept);
    return { status: 200, contentType, body: text };
  });
}

function json(status: Probe['status'], value: object): Probe {
  return { status, contentType: 'application/json', body: JSON.stringify(value) };
}
