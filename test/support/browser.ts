import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axeCore from 'axe-core';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';

/** Whether there is a browser; without one its tests are skipped, but not in CI. */
export const hasChromium: boolean = existsSync(CHROMIUM);

if (!hasChromium && process.env.CI === 'true') {
  throw new Error(`CI=true, and there is no ${CHROMIUM}: the browser tests must run in CI`);
}
if (!hasChromium) process.stderr.write(`skipped: browser tests (no ${CHROMIUM}; CHROMIUM_BIN names another)\n`);

/** How a page is looked at. */
export interface PageOptions {
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

/** A page, and what it did that it must not do. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors in its console, breaches of its policy, requests to elsewhere. */
  readonly offences: readonly string[];
}

/** A headless Chromium with a profile of its own, owned by one test file. */
export class Browser implements AsyncDisposable {
  readonly #context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  static async start(): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'pilotfish-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: [
        '--no-sandbox',
        '--headless',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-quic',
        '--no-first-run',
      ],
    });
    await context.addInitScript(() => {
      const page = globalThis as unknown as EventTarget;
      page.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy: ${(event as Event & { readonly violatedDirective: string }).violatedDirective}`);
      });
    });
    return new Browser(context, profile);
  }

  /** Opens a page and watches it. */
  async open(url: string, { scheme = 'light', width = 1280, height = 900 }: PageOptions = {}): Promise<WatchedPage> {
    const page = await this.#context.newPage();
    page.setDefaultTimeout(20_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height });
    const offences: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') offences.push(message.text());
    });
    page.on('pageerror', (error) => void offences.push(String(error)));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin) offences.push(`asked ${request.url()}`);
    });
    await page.goto(url);
    return { page, offences };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** What axe-core finds wrong with the page, a line each. */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeCore.source);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      readonly axe: {
        run(): Promise<{
          readonly violations: readonly {
            readonly id: string;
            readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
          }[];
        }>;
      };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  });
}
