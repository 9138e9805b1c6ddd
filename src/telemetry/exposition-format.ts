/** The two text forms of metrics that scrapers ask for. */
export type ExpositionFormat = 'prometheus' | 'openmetrics';

/** The Content-Type that each form is sent with. */
export const expositionContentType: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

const openMetricsVersions: ReadonlySet<string> = new Set(['', '0.0.1', '1.0.0']);

/** An Accept field longer than this is not read: no scraper sends one. */
const MAX_ACCEPT_LENGTH = 4096;

/**
 * Which form a scraper prefers, by its Accept field (RFC 9110 §12.5.1). OpenMetrics must be named in a version that is
 * served; on equal preference it wins, because it says more. Everything else, no Accept included, gets Prometheus text.
 */
export function negotiateExposition(accept: string | undefined): ExpositionFormat {
  if (accept === undefined || accept.length > MAX_ACCEPT_LENGTH) return 'prometheus';
  let openMetrics = 0;
  let text = 0;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = Number.parseFloat(parameter(parameters, 'q') ?? '1');
    if (!(quality > 0)) continue;
    if (type === 'application/openmetrics-text') {
      if (openMetricsVersions.has(parameter(parameters, 'version') ?? '')) openMetrics = Math.max(openMetrics, quality);
    } else if (type === 'text/plain' || type === 'text/*' || type === '*/*') {
      text = Math.max(text, quality);
    }
  }
  return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'prometheus';
}

function parameter(parameters: readonly string[], name: string): string | undefined {
  const found = parameters.find((text) => text.startsWith(`${name}=`));
  return found?.slice(name.length + 1).replace(/^"|"$/g, '');
}
