import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, Browser, hasChromium, type PageOptions, type WatchedPage } from '../support/browser.ts';
import type { CliProcess } from '../support/cli-process.ts';
import { registries } from '../support/discovery-registry.ts';
import { MarathonStage } from '../support/marathon-stage.ts';

const IMAGES = 'docs/images';

describe.skipIf(!hasChromium)('the page of the Marathon bridge', () => {
  let stage: MarathonStage;
  let browser: Browser;
  let bridge: { readonly process: CliProcess; readonly adminUrl: string };

  beforeAll(async () => {
    const [embedded] = registries;
    if (embedded === undefined) throw new Error('there is no registry');
    [stage, browser] = await Promise.all([MarathonStage.start(embedded.start), Browser.start()]);
    stage.marathon.deploy({ id: '/shop/orders', instances: 3, labels: { role: 'web' }, ports: [{}] });
    stage.marathon.deploy({ id: '/shop/payments', instances: 2, ports: [{ name: 'http' }, { name: 'admin' }] });
    stage.marathon.deploy({ id: '/mail', instances: 1, ports: [{}] });
    bridge = await stage.bridge(['--purge']);
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  const open = async (options: PageOptions = {}): Promise<WatchedPage & AsyncDisposable> => {
    const watched = await browser.open(`${bridge.adminUrl}/`, options);
    await watched.page
      .getByRole('row', { name: /\/mail/ })
      .first()
      .waitFor();
    return { ...watched, [Symbol.asyncDispose]: () => watched.page.close() };
  };
  /** Writes a picture for the docs, when they are to be brought up to date. */
  const picture = async ({ page }: WatchedPage, name: string): Promise<void> => {
    if (process.env.UPDATE_DOCS !== '1') return;
    mkdirSync(IMAGES, { recursive: true });
    await page.screenshot({ path: `${IMAGES}/bridge-${name}.png`, fullPage: true });
  };

  it('shows role, Marathon, Consul and each app, breaks no policy and asks nobody else', async () => {
    await using shown = await open();
    const { page, offences } = shown;
    await page.locator('#standing').getByText('leading').waitFor();
    await page.getByText('Marathon bridge consular').waitFor();
    await page
      .locator('#marathon')
      .getByText(/^connected/)
      .waitFor();
    await page
      .locator('#consul')
      .getByText(/^reachable/)
      .waitFor();
    const row = page.getByRole('row', { name: /^\/shop\/payments/ });
    await row.getByText('as it should be').waitFor();
    expect(await row.textContent()).toContain('shop-payments');
    await page.locator('#events').getByText('registered').first().waitFor();
    expect(offences).toEqual([]);
  });

  it('follows what Marathon does', async () => {
    await using shown = await open();
    const { page } = shown;
    stage.marathon.deploy({ id: '/short', instances: 2, ports: [{}] });
    const row = page.getByRole('row', { name: /\/short/ });
    await expect.poll(() => row.locator('td').last().textContent(), { timeout: 10_000 }).toBe('2');
    stage.marathon.destroy('/short');
    await row.waitFor({ state: 'detached' });
  });

  it('puts apps whose names clash first, and says why; filters by what is typed', async () => {
    stage.marathon.deploy({ id: '/shop-orders', instances: 1, ports: [{}] });
    try {
      await using shown = await open();
      const { page } = shown;
      const first = page.locator('#apps tbody tr').first();
      await first.getByText('left alone').waitFor();
      await first.getByText(/becomes shop-orders in Consul too/).waitFor();
      await picture(shown, 'clash');
      await page.getByLabel('Filter').fill('mail');
      await page.getByText('1 of 4').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
    } finally {
      stage.marathon.destroy('/shop-orders');
    }
    await using shown = await open();
    await shown.page
      .getByRole('row', { name: /^\/shop\/orders/ })
      .getByText('as it should be')
      .waitFor();
  });

  it('can be used with the keyboard alone', async () => {
    await using shown = await open();
    const { page } = shown;
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the apps');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('filter');
  });

  it.each(['light', 'dark'] as const)('has no problem that axe-core finds (%s)', async (scheme) => {
    await using shown = await open({ scheme });
    await picture(shown, scheme);
    expect(await accessibilityProblems(shown.page)).toEqual([]);
  });

  it('fits a narrow screen: nothing has to be scrolled sideways', async () => {
    await using shown = await open({ width: 375, height: 800 });
    const { page } = shown;
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
    await picture(shown, 'narrow');
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('tells that Marathon is gone, and that it is back', async () => {
    await using shown = await open();
    const { page } = shown;
    await stage.marathon.stop();
    try {
      await page.locator('#standing').getByText('leading, from an old view').waitFor();
      await page
        .locator('#marathon')
        .getByText(/^not connected/)
        .waitFor();
      await page.getByRole('row', { name: /^\/shop\/orders/ }).waitFor();
    } finally {
      await stage.marathon.resume();
    }
    await page.locator('#standing').getByText('leading', { exact: true }).waitFor();
  });

  it('says that it is stale when the bridge is gone', async () => {
    await using shown = await open();
    const { page } = shown;
    bridge.process.signal('SIGKILL');
    await page.locator('#stale').getByText('Stale').waitFor();
    expect(await page.locator('#said').textContent()).toContain('lost');
  });
});
