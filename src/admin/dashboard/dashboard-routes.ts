import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { type Context, Hono } from 'hono';
import { problem } from '../problem.ts';
import { PAGE } from './page.ts';
import { ICON, STYLE } from './style.ts';

/** Nothing from elsewhere, nothing inline, nobody may frame it (CSP level 3). */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // What is shown changes with the version, and the port stays: always ask.
  'cache-control': 'no-cache',
} as const;

/** A page of the dashboard. */
export interface DashboardPage {
  /** `%EXTENSION%` stands for the ending of its modules. */
  readonly html: string;
  /** Its first module; the others are beside it. */
  readonly main: URL;
}

/** The sidecar's. */
const SIDECAR: DashboardPage = { html: PAGE, main: new URL('./client/main.ts', import.meta.url) };
/** Modules of the page; as `.ts` when running from source, as `.js` when built. */
const MODULE = /^[a-z-]+\.[jt]s$/;
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** `/`: the dashboard, and the files it is made of. Default: the sidecar's. */
export function dashboardRoutes({ html, main }: DashboardPage = SIDECAR): Hono {
  const app = new Hono();
  const modules = new Map<string, Promise<string | undefined>>();
  const page = html.replaceAll('%EXTENSION%', EXTENSION);
  app.get('/', (context) => file(context, page, 'text/html; charset=utf-8'));
  app.get('/dashboard/style.css', (context) => file(context, STYLE, 'text/css; charset=utf-8'));
  app.get('/dashboard/icon.svg', (context) => file(context, ICON, 'image/svg+xml'));
  app.get('/dashboard/:module', async (context) => {
    const name = context.req.param('module');
    if (!MODULE.test(name) || !name.endsWith(`.${EXTENSION}`)) return problem(context, 404, 'Not found', name);
    const known = modules.get(name) ?? clientModule(main, name);
    const code = await known;
    if (code === undefined) return problem(context, 404, 'Not found', name);
    modules.set(name, known);
    return file(context, code, 'text/javascript; charset=utf-8');
  });
  return app;
}

function file(context: Context, text: string, contentType: string): Response {
  return context.body(text, 200, { ...HEADERS, 'content-type': contentType });
}

/** The JavaScript of a module of the page; from source its types are taken out. */
async function clientModule(main: URL, name: string): Promise<string | undefined> {
  try {
    const text = await readFile(new URL(name, main), 'utf8');
    return name.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
