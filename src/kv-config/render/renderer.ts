import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConfigSection } from '../build-tree.ts';
import { notRenderable, renderEnv } from './env-file.ts';
import { parseTemplate } from './text-template.ts';
import { jsonText } from './value-text.ts';

/** Makes a file's text of the tree. @throws CodedError `kv_not_renderable` */
export type Renderer = (tree: ConfigSection) => Promise<string>;

/**
 * Finds what a template's name means: `json`, `.env`, a module (`.ts`, `.mts`, `.js`, `.mjs`) whose `render` or default
 * export makes the text, or a file in the language of `parseTemplate`. A module is code, and can do all that code can.
 * @throws CodedError `kv_not_renderable` when it cannot be read or makes no sense
 */
export async function loadRenderer(template: string, environment: NodeJS.ProcessEnv): Promise<Renderer> {
  if (template === 'json') return async (tree) => `${jsonText(tree, 2)}\n`;
  if (template === '.env') return async (tree) => renderEnv(tree);
  if (/\.m?[jt]s$/.test(template)) return await moduleRenderer(template);
  let text: string;
  try {
    text = await readFile(template, 'utf8');
  } catch (error) {
    throw notRenderable(`the template cannot be read: ${reasonOf(error)}`, error);
  }
  const write = parseTemplate(text, template);
  return async (tree) => write({ tree, environment });
}

async function moduleRenderer(file: string): Promise<Renderer> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw notRenderable(`the template ${file} cannot be loaded: ${reasonOf(error)}`, error);
  }
  const render = module['render'] ?? module['default'];
  if (typeof render !== 'function')
    throw notRenderable(`${file} exports no function: export function render(config) { … }`);
  return async (tree) => {
    const text: unknown = await render(tree);
    if (typeof text === 'string') return text;
    throw notRenderable(`${file} gave ${typeof text}, and a template gives text`);
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
