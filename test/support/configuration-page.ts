import type { JsonSchemaNode } from '../../src/app/config-json-schema.ts';

/** One setting as the reference page shows it. */
interface Row {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly text: string;
}

/** The tables of docs/configuration.md, made from the JSON Schema: one for each section. */
export function configurationTables(schema: JsonSchemaNode): string {
  return Object.entries(schema.properties ?? {})
    .map(([name, section]) => {
      const rows = rowsOf(section, name).map(
        ({ path, type, fallback, text }) => `| \`${path}\` | ${cell(type)} | ${fallback} | ${cell(text)} |`,
      );
      const head = ['| setting | value | default | meaning |', '|---|---|---|---|'];
      return [`### \`${name}\``, '', capital(section.description ?? ''), '', ...head, ...rows].join('\n');
    })
    .join('\n\n');
}

function rowsOf(node: JsonSchemaNode, path: string): Row[] {
  const inner = node.anyOf?.find(({ properties }) => properties !== undefined) ?? node;
  if (inner.items?.properties !== undefined && path !== 'service.checks') return rowsOf(inner.items, `${path}[]`);
  if (typeof inner.additionalProperties === 'object' && inner.additionalProperties.properties !== undefined) {
    return rowsOf(inner.additionalProperties, `${path}.NAME`);
  }
  if (inner.properties !== undefined && (node.anyOf === undefined || path === 'service.check')) {
    const own: Row[] = node.anyOf === undefined ? [] : [rowOf(node, path)];
    return [...own, ...Object.entries(inner.properties).flatMap(([key, child]) => rowsOf(child, `${path}.${key}`))];
  }
  return [rowOf(node, path)];
}

function rowOf(node: JsonSchemaNode, path: string): Row {
  const fallback =
    node.default === undefined
      ? ''
      : `\`${typeof node.default === 'string' ? node.default : JSON.stringify(node.default)}\``;
  return { path, type: typeOf(node), fallback, text: node.description ?? '' };
}

function typeOf(node: JsonSchemaNode): string {
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeOf))].join(' or ');
  if (node.enum !== undefined) return node.enum.map(String).join(', ');
  if (node.const !== undefined) return String(node.const);
  if (node.type === 'array') return node.items === undefined ? 'list' : `list of ${typeOf(node.items)}`;
  if (node.type === 'object') return 'map';
  return node.type === 'string' ? 'text' : (node.type ?? '');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
