import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, Browser, hasChromium, type PageOptions, type WatchedPage } from '../support/browser.ts';
import { DashboardStage } from '../support/dashboard-stage.ts';

const IMAGES = 'docs/images';

describe.skipIf(!hasChromium)('the dashboard', () => {
  let stage: DashboardStage;
  let browser: Browser;

  beforeAll(async () => {
    [stage, browser] = await Promise.all([DashboardStage.start(), Browser.start()]);
    await Promise.all([stage.register('orders', 3), stage.register('fleet', 300), stage.register('stock', 2)]);
    await stage.call('/orders/api');
    await stage.call('/fleet/api');
    await stage.call('/stock/broken');
    stage.keepCalling('/orders/api');
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  const open = async (hash = '', options: PageOptions = {}): Promise<WatchedPage & AsyncDisposable> => {
    const watched = await browser.open(`${stage.adminUrl}/${hash}`, options);
    await watched.page.getByRole('button', { name: 'orders' }).waitFor();
    return { ...watched, [Symbol.asyncDispose]: () => watched.page.close() };
  };
  /** Writes a picture for the docs, when they are to be brought up to date. */
  const picture = async ({ page }: WatchedPage, name: string, isWhole = true): Promise<void> => {
    if (process.env.UPDATE_DOCS !== '1') return;
    // So that the lines of the last minute have something to show.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    mkdirSync(IMAGES, { recursive: true });
    await page.screenshot({ path: `${IMAGES}/dashboard-${name}.png`, fullPage: isWhole });
  };

  it('shows upstreams, registration and Consul, breaks no policy and asks nobody else', async () => {
    await using shown = await open();
    const { page, offences } = shown;
    const row = page.getByRole('row', { name: /^orders/ });
    await row.getByText('3 of 3 used').waitFor();
    await page.getByText('beside shop').waitFor();
    await page.locator('#registration').getByText('shop-1').waitFor();
    await page.locator('#consul').getByText('reachable').waitFor();
    await page.getByRole('row', { name: /^stock/ }).waitFor();
    expect(offences).toEqual([]);
    await page.evaluate(() => {
      const { document } = globalThis as unknown as {
        readonly document: {
          createElement(tag: string): { textContent: string };
          readonly body: { append(child: object): void };
        };
      };
      const script = document.createElement('script');
      script.textContent = 'globalThis.foreign = true';
      document.body.append(script);
    });
    await expect.poll(() => offences.join()).toContain('script-src');
    expect(await page.evaluate(() => 'foreign' in globalThis)).toBe(false);
  });

  it('names the reason for an instance that is not used, and takes one away that leaves', async () => {
    await stage.register('short', 3);
    await stage.call('/short/api');
    await using shown = await open('#short');
    const { page } = shown;
    const rows = page.locator('#instances tbody tr');
    await expect.poll(() => rows.count()).toBe(3);
    await stage.maintain('short-2', 'a new disk');
    await rows.first().getByText('a new disk').waitFor();
    expect(await rows.first().textContent()).toContain('not used');
    await stage.deregister('short-2');
    await expect.poll(() => rows.count()).toBe(2);
    await page.locator('#events').getByText('removed').first().waitFor();
  });

  it('shows a key of Consul and each change of it, and says so when there is none', async () => {
    const put = (body: string) =>
      fetch(`${stage.registry.address}/v1/kv/shop/colour%20scheme`, { method: 'PUT', body });
    await put('{"ground":"green"}');
    await using shown = await open();
    const { page } = shown;
    const value = page.getByRole('region', { name: 'Value', exact: true });
    await page.getByLabel('Key', { exact: true }).fill('shop/colour scheme');
    await page.keyboard.press('Enter');
    await value.getByText('{"ground":"green"}').waitFor();
    await page.getByText(/^Version \d+\. Changes are shown as they come/).waitFor();
    await put('{"ground":"blue"}');
    await value.getByText('{"ground":"blue"}').waitFor();
    await page.getByText(/^Version \d+, changed at \d\d:\d\d:\d\d/).waitFor();
    await fetch(`${stage.registry.address}/v1/kv/shop/colour%20scheme`, { method: 'DELETE' });
    await page.getByText(/^There is no such key, changed at/).waitFor();
    await value.waitFor({ state: 'hidden' });
    await page.getByLabel('Key', { exact: true }).fill('shop/nothing');
    await page.getByRole('button', { name: 'Watch' }).click();
    await page.getByText('There is no such key. Changes').waitFor();
  });

  it('shows how quick each instance was', async () => {
    await using shown = await open('#orders');
    const { page } = shown;
    const cells = page.locator('#instances td[data-label="p99"]');
    await expect.poll(() => cells.count()).toBe(3);
    await expect
      .poll(async () => (await cells.allTextContents()).every((text) => /^\d[\d.]* m?s$/.test(text)))
      .toBe(true);
  });

  it('can be used with the keyboard alone', async () => {
    await using shown = await open();
    const { page } = shown;
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the upstreams');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('fleet');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Instances of orders' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('instances-panel');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Instances of orders' }).waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('orders');
  });

  it.each(['light', 'dark'] as const)('has no problem that axe-core finds (%s)', async (scheme) => {
    await using shown = await open('#orders', { scheme });
    const { page } = shown;
    await expect.poll(() => page.locator('#instances tbody tr').count()).toBe(3);
    await picture(shown, scheme);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Drain …' }).click();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('fits a narrow screen: nothing has to be scrolled sideways', async () => {
    await using shown = await open('#orders', { width: 375, height: 800 });
    const { page } = shown;
    await expect.poll(() => page.locator('#instances tbody tr').count()).toBe(3);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
    await picture(shown, 'narrow');
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('shows 300 instances, filters them, and touches only the rows that changed', async () => {
    await using shown = await open('#fleet');
    const { page } = shown;
    const rows = page.locator('#instances tbody tr');
    await expect.poll(() => rows.count()).toBe(300);
    await picture(shown, '300', false);
    await page.evaluate(`
      globalThis.touched = new Set();
      globalThis.swapped = 0;
      new MutationObserver((records) => {
        for (const { target, type, addedNodes } of records) {
          if (type === 'childList' && target.tagName === 'TBODY') globalThis.swapped += addedNodes.length;
          globalThis.touched.add(target.closest?.('tr') ?? target.parentElement?.closest('tr'));
        }
      }).observe(document.querySelector('#instances tbody'), { subtree: true, childList: true, characterData: true });
    `);
    await stage.maintain('fleet-150', 'looked after');
    await rows.first().getByText('looked after').waitFor();
    // The one row moves to the top; the shares of the others are too alike to differ.
    expect(await page.evaluate('globalThis.swapped')).toBe(1);
    expect(await page.evaluate('globalThis.touched.size')).toBeLessThan(20);
    await page.getByLabel('Filter').fill('fleet-15');
    await page.getByText('11 of 300').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('tells that Consul is gone while the last view stays in use, and that it is back', async () => {
    await using shown = await open('#orders');
    const { page } = shown;
    await stage.registry.kill();
    try {
      await page.locator('#consul').getByText('unreachable').waitFor();
      await page.locator('#standing').getByText('serving from an old view').waitFor();
      await page
        .getByRole('row', { name: /^orders/ })
        .getByText('3 of 3 used')
        .waitFor();
      expect(await stage.call('/orders/api')).toBe(200);
      await picture(shown, 'consul-down');
      expect(await accessibilityProblems(page)).toEqual([]);
    } finally {
      await stage.registry.resume();
      await stage.register('orders', 3);
    }
    await page
      .locator('#consul')
      .getByText(/^reachable/)
      .waitFor();
  });

  it('says that it is stale when the sidecar is gone, and goes on when it is back', async () => {
    await using shown = await open();
    const { page } = shown;
    await stage.stopSidecar();
    await page.locator('#stale').getByText('Stale').waitFor();
    expect(await page.locator('#said').textContent()).toContain('lost');
    await stage.startSidecar();
    await page.locator('#stale').waitFor({ state: 'hidden' });
    // The upstreams of the process before are not those of the new one.
    await expect.poll(() => page.getByRole('row', { name: /^fleet/ }).count()).toBe(0);
  });

  it('drains only after a yes', async () => {
    await using shown = await browser.open(`${stage.adminUrl}/`).then((watched) => ({
      ...watched,
      [Symbol.asyncDispose]: () => watched.page.close(),
    }));
    const { page } = shown;
    await page.locator('#registration').getByText('registered').waitFor();
    const state = async () =>
      ((await (await fetch(`${stage.adminUrl}/v1/registration`)).json()) as { state: string }).state;
    const drain = page.getByRole('button', { name: 'Drain …' });
    await drain.click();
    await page.getByRole('dialog', { name: 'Drain this sidecar?' }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Cancel');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await state()).toBe('registered');
    await page.getByRole('button', { name: 'Maintenance …' }).click();
    await page.getByLabel('Reason').fill('a new disk');
    await page.getByRole('button', { name: 'Begin maintenance' }).click();
    await page.locator('#registration').getByText('a new disk').waitFor();
    await drain.click();
    await page.getByRole('button', { name: 'Drain', exact: true }).click();
    await page.locator('#standing').getByText('draining').waitFor();
    await expect.poll(state, { timeout: 15_000 }).toBe('deregistered');
  });
});
