import { expect, test } from "@playwright/test";
import { isOrder, open, pages, shortcomings } from "../lighthouse";

// Speed depends on the machine: `make bench` measures it. This does not.
test("Lighthouse finds nothing to improve but speed", async ({ page, launchOptions }) => {
  test.setTimeout(180_000);
  const browser = await open(launchOptions.executablePath, launchOptions.args);
  try {
    for (const [name, url] of Object.entries(await pages(page))) {
      // Orders are private: search engines must not see them.
      const seo = isOrder(name) ? [] : ["seo"];
      const result = await browser.audit(url, ["accessibility", "best-practices", ...seo]);
      expect(Object.keys(result.categories)).toHaveLength(isOrder(name) ? 2 : 3);
      expect.soft(shortcomings(result), name).toEqual([]);
      for (const category of Object.values(result.categories)) {
        expect.soft(category.score, `${name}: ${category.title}`).toBe(1);
      }
    }
  } finally {
    await browser.close();
  }
});

test("nothing moves while a page loads", async ({ browser }) => {
  for (const width of [360, 1280]) {
    const context = await browser.newContext({ viewport: { width, height: 740 } });
    const page = await context.newPage();
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as Shift).value);
      }).observe({ type: "layout-shift", buffered: true });
    });
    const paths = ["/", "/categories/garden", "/products/fountain-pen-no-3", "/search?q=oak"];
    for (const path of paths) {
      await page.goto(path, { waitUntil: "networkidle" });
      await expect(page.locator('[data-step="1"]:visible').first()).toBeVisible();
      const shift = await page.evaluate(() =>
        (globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, one) => sum + one, 0),
      );
      expect.soft(shift, `${path} at ${width} pixels`).toBeLessThanOrEqual(0.01);
    }
    await context.close();
  }
});

/** https://wicg.github.io/layout-instability/#sec-layout-shift */
type Shift = { value: number };
