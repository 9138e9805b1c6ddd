const known: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'QUERY',
]);

/**
 * A method as metrics and spans may carry it: itself if it is a registered one, else `_OTHER`, so that a caller cannot
 * make series. Source: OpenTelemetry HTTP conventions, `http.request.method`.
 */
export function boundedMethod(method: string): string {
  return known.has(method) ? method : '_OTHER';
}
