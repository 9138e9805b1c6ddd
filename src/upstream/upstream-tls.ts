/** TLS towards the endpoints; file contents (PEM), not paths. */
export interface UpstreamTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Name that the certificate must carry, and SNI; undefined: the endpoint's host. */
  readonly serverName: string | undefined;
}
