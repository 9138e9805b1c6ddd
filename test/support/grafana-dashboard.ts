/** A Grafana dashboard, as far as it is looked at. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly Panel[];
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

const COLUMNS = 24;
/** Variables that Grafana has by itself. */
const BUILT_IN = /^__/;

/** What Grafana would refuse, show on top of something else, or leave empty. */
export function dashboardErrors({ uid, title, schemaVersion, templating, panels }: Dashboard): readonly string[] {
  const variables = new Set(templating.list.map(({ name }) => name));
  const head = uid === '' || title === '' || schemaVersion < 36 ? ['uid, title or schemaVersion is missing'] : [];
  return [
    ...head,
    ...panels.flatMap((panel, index) => [
      ...placeErrors(panel, panels.slice(index + 1)),
      ...queryErrors(panel, variables),
    ]),
  ];
}

function placeErrors({ id, title, gridPos: { x, y, w, h } }: Panel, others: readonly Panel[]): readonly string[] {
  const isOver = x < 0 || x + w > COLUMNS || w < 1 || h < 1;
  return [
    ...(isOver ? [`${title} does not fit ${COLUMNS} columns`] : []),
    ...others.flatMap((other) => {
      const place = other.gridPos;
      const overlaps = x < place.x + place.w && place.x < x + w && y < place.y + place.h && place.y < y + h;
      return [
        ...(other.id === id ? [`${title} and ${other.title} have id ${id} twice`] : []),
        ...(overlaps ? [`${title} lies on ${other.title}`] : []),
      ];
    }),
  ];
}

function queryErrors(
  { title, type, datasource, targets = [] }: Panel,
  variables: ReadonlySet<string>,
): readonly string[] {
  if (type === 'row' || type === 'text') return [];
  const texts = [...targets.map(({ expr }) => expr), datasource?.uid ?? ''];
  const refs = targets.map(({ refId }) => refId);
  const unknown = texts
    .flatMap((text) => [...text.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name))
    .filter((name) => !BUILT_IN.test(name) && !variables.has(name));
  return [
    ...(targets.length === 0 ? [`${title} has no query`] : []),
    ...(new Set(refs).size < refs.length ? [`${title} has two queries of one refId`] : []),
    ...(datasource?.uid === undefined ? [`${title} does not say which datasource`] : []),
    ...unknown.map((name) => `${title} uses $${name}, which is no variable`),
  ];
}
