/** One sample line of OpenMetrics text. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  readonly exemplar: ReadonlyMap<string, string> | undefined;
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  info: ['_info'],
  histogram: ['_bucket', '_sum', '_count'],
};
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/gy;
const samplePattern =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)(?: # \{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\} (\S+) (\d+(?:\.\d+)?))?$/;

/**
 * Reads OpenMetrics 1.0 text as strictly as its specification demands of a producer: families apart and declared once,
 * type before samples, suffixes by type, units in names, float bounds that rise to +Inf, counts that never fall, the end
 * mark. Throws at the first line that breaks a rule.
 */
export function parseOpenMetrics(text: string): readonly Sample[] {
  if (!text.endsWith('\n# EOF\n')) throw new Error('no end mark');
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let family = { name: '', type: '', helped: false };
  for (const line of text.slice(0, -'\n# EOF\n'.length).split('\n')) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const [, keyword = '', name = '', rest = ''] = /^# (HELP|TYPE|UNIT) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (seen.has(name)) fail('family twice');
      seen.add(name);
      family = { name, type: '', helped: true };
    } else if (keyword !== '') {
      if (name !== family.name) fail('metadata of another family');
      if (keyword === 'TYPE') family.type = suffixes[rest] === undefined ? fail('unknown type') : rest;
      else if (!name.endsWith(`_${rest}`)) fail('unit not in name');
    } else {
      const sample = parseSample(line) ?? fail('malformed sample');
      const allowed = (suffixes[family.type] ?? []).map((suffix) => family.name + suffix);
      if (!allowed.includes(sample.name)) fail(`not a sample of ${family.name}`);
      if (sample.exemplar !== undefined && !sample.name.endsWith('_bucket')) fail('exemplar outside a bucket');
      samples.push(sample);
    }
  }
  checkBuckets(samples);
  return samples;
}

function parseSample(line: string): Sample | undefined {
  const match = samplePattern.exec(line);
  if (match === null) return undefined;
  const [, name = '', labels, value = '', exemplar] = match;
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value);
  if (Number.isNaN(number)) return undefined;
  if (exemplar !== undefined && [...parseLabels(exemplar)].flat().join('').length > 128) return undefined;
  return {
    name,
    labels: parseLabels(labels ?? ''),
    value: number,
    exemplar: exemplar === undefined ? undefined : parseLabels(exemplar),
  };
}

function parseLabels(text: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  labelPattern.lastIndex = 0;
  for (let match = labelPattern.exec(text); match !== null; match = labelPattern.exec(text)) {
    const [, name = '', value = ''] = match;
    if (labels.has(name)) throw new Error(`label twice: ${name}`);
    labels.set(
      name,
      value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character)),
    );
    if (labelPattern.lastIndex === text.length) return labels;
  }
  if (text !== '') throw new Error(`malformed labels: ${text}`);
  return labels;
}

function checkBuckets(samples: readonly Sample[]): void {
  let before: { readonly bound: number; readonly value: number } | undefined;
  for (const { name, labels, value } of samples) {
    if (!name.endsWith('_bucket')) {
      if (before !== undefined && before.bound !== Number.POSITIVE_INFINITY) throw new Error(`${name}: no +Inf bucket`);
      before = undefined;
      continue;
    }
    const le = labels.get('le') ?? '';
    if (le !== '+Inf' && !/^\d+(\.\d+|\.?\d*e[+-]?\d+)$/.test(le)) throw new Error(`${name}: bound ${le} is no float`);
    const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    if (before !== undefined && (bound <= before.bound || value < before.value))
      throw new Error(`${name}: falls at ${le}`);
    before = { bound, value };
  }
}
