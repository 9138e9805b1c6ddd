/** Which folders of KV make up a configuration. */
export interface LayerNames {
  /** The folder that holds all layers, without the slash at its end: `config`. */
  readonly prefix: string;
  /** The app's name, as its folder is called; undefined: the prefix itself is the only layer. */
  readonly app?: string | undefined;
  /** `prod`, `eu`…; undefined: none. */
  readonly profile?: string | undefined;
}

/** What all apps share, as Spring Cloud Consul calls it. */
const SHARED = 'application';

/**
 * The folders from the lowest layer to the highest, as Spring Cloud Consul has them: what all apps share, the same with
 * the profile, the app's own, the app's own with the profile (`config/orders,prod/`).
 */
export function layerFolders({ prefix, app, profile }: LayerNames): readonly string[] {
  const root = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  if (app === undefined) return [root];
  const names = [SHARED, app].flatMap((name) => (profile === undefined ? [name] : [name, `${name},${profile}`]));
  return names.map((name) => `${root}${name}/`);
}
