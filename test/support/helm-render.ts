import { globSync, readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

type Values = { readonly [name: string]: unknown };

/**
 * A chart's templates with its values put in, by their path. Knows of Helm's language what the charts of this project
 * use: `.Values…`, `.`, `with … end`, `quote`, `add`, `toYaml`, `nindent`, and the dashes that take white space away.
 * @throws Error at anything else
 */
export function renderChart(folder: string, overrides: Values = {}): ReadonlyMap<string, string> {
  const values = merged(parse(readFileSync(`${folder}/values.yaml`, 'utf8')) as Values, overrides);
  const files = globSync(`${folder}/templates/*.yaml`);
  return new Map(files.map((file) => [file, renderTemplate(readFileSync(file, 'utf8'), values)]));
}

/** One template with the values put in. */
function renderTemplate(text: string, values: Values): string {
  const tight = text.replace(/\s*\{\{-/g, '{{').replace(/-\}\}\s*/g, '}}');
  const withs = tight.replace(
    /\{\{ ?with ([^}]+?) ?\}\}(.*?)\{\{ ?end ?\}\}/gs,
    (_all, condition: string, body: string) => {
      const scope = evaluated(condition.trim(), values, undefined);
      return isEmpty(scope) ? '' : filled(body, values, scope);
    },
  );
  return filled(withs, values, undefined);
}

function filled(text: string, values: Values, scope: unknown): string {
  return text.replace(/\{\{ ?(.+?) ?\}\}/g, (_all, action: string) => {
    const [first = '', ...pipes] = action.split('|').map((step) => step.trim());
    return String(pipes.reduce((value, pipe) => piped(pipe, value), evaluated(first, values, scope)));
  });
}

function piped(pipe: string, value: unknown): unknown {
  const indent = /^nindent (\d+)$/.exec(pipe)?.[1];
  if (indent !== undefined) return `\n${String(value).replace(/^(?=.)/gm, ' '.repeat(Number(indent)))}`;
  if (pipe === 'quote') return JSON.stringify(String(value));
  throw new Error(`the template function ${pipe} is not known here`);
}

function evaluated(expression: string, values: Values, scope: unknown): unknown {
  if (expression === '.') return scope;
  if (/^\d+$/.test(expression)) return Number(expression);
  const [name = '', ...terms] = expression.split(' ');
  if (name === 'toYaml') return stringify(evaluated(terms.join(' '), values, scope)).trimEnd();
  if (name === 'add') return terms.reduce((sum, term) => sum + Number(evaluated(term, values, scope)), 0);
  if (terms.length > 0 || !name.startsWith('.Values.')) throw new Error(`${expression} is not known here`);
  const path = name.split('.').slice(2);
  const value = path.reduce<unknown>((inside, step) => (inside as Values | undefined)?.[step], values);
  if (value === undefined) throw new Error(`values.yaml has no ${path.join('.')}`);
  return value;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : !value;
}

function merged(defaults: Values, overrides: Values): Values {
  const isMap = (value: unknown): value is Values =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const all = Object.entries(overrides).map(([name, value]) => {
    const before = defaults[name];
    return [name, isMap(before) && isMap(value) ? merged(before, value) : value] as const;
  });
  return { ...defaults, ...Object.fromEntries(all) };
}
