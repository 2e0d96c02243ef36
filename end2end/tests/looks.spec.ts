import { AxeBuilder } from "@axe-core/playwright";
import { join, resolve } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import * as shopper from "../shopper";
import { products } from "../shopper";

// `make screenshots` copies two screenshots to docs/, for the README.
const folder = resolve(import.meta.dirname, "../test-results/screenshots");

/** Visits all pages of a purchase, and calls back on each with its name. */
async function visitAll(page: Page, look: (name: string) => Promise<void>) {
  await shopper.openCatalog(page);
  await shopper.field(page, products.wateringCan).fill("1");
  await shopper.field(page, products.seedBox).fill("2");
  await look("catalog");
  await page.locator("main form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await shopper.field(page, products.pen).fill("7");
  await shopper.payButton(page).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await shopper.waitUntilLive(page);
  await look("catalog-refused");
  await page.goto("/products/fountain-pen-no-3");
  await look("product");
  await page.goto("/withdraw");
  await look("withdraw");
  await page.goto("/search?q=oak");
  await shopper.waitUntilLive(page);
  await look("search");
  await page.goto("/search?q=nonsense");
  await look("search-nothing");
  await page.goto("/categories/garden?in_stock=1");
  await shopper.waitUntilLive(page);
  await look("category");
  await page.goto("/no-such-page");
  await look("not-found");
  await page.goto("/pages/withdrawal");
  await look("policy");
  await shopper.openCatalog(page);
  await shopper.field(page, products.wateringCan).fill("1");
  await shopper.field(page, products.seedBox).fill("2");
  await shopper.toPayment(page);
  await look("payment");
  await page.locator(`a[href*="/cancelled"]`).first().click();
  await shopper.waitUntilLive(page);
  await look("cancelled");
  await shopper.toPayment(page);
  await shopper.payByCard(page);
  await shopper.expectPaid(page, "€77.80");
  await look("order-paid");
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1280]) {
    test(`at ${width} pixels in ${colorScheme} colours, pages are accessible and fit`, async ({
      browser,
    }) => {
      // axe checks eleven pages.
      test.slow();
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      const page = await context.newPage();
      const errors: string[] = [];
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      page.on("pageerror", (error) => errors.push(error.message));

      await visitAll(page, async (name) => {
        const overflow = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return scrollWidth - clientWidth;
        });
        expect(overflow, `${name} is wider than the screen`).toBe(0);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`),
          name,
        ).toEqual([]);
        await page.evaluate(() => scrollTo(0, 0));
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
      });
      // Chromium logs a missing page (404) and a refused form (422) to its console.
      expect(errors.filter((text) => !/status of (404|422)/.test(text))).toEqual([]);
      await context.close();
    });
  }
}

test("dark mode is dark, light mode is light", async ({ browser }) => {
  const brightness = async (colorScheme: "light" | "dark") => {
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    await page.goto("/");
    const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await context.close();
    return Math.max(...(colour.match(/\d+/g) ?? []).slice(0, 3).map(Number));
  };
  expect(await brightness("dark")).toBeLessThan(64);
  expect(await brightness("light")).toBeGreaterThan(224);
});

test("on a phone every button and field is at least 44 pixels high", async ({ browser }) => {
  const context = await browser.newContext({
    viewport: { width: 360, height: 800 },
    hasTouch: true,
  });
  const page = await context.newPage();
  await shopper.openCatalog(page);
  const tooLow = await page
    .locator("main button:visible, main input:visible")
    .evaluateAll((elements) =>
      elements
        .filter((element) => element.getBoundingClientRect().height < 44)
        .map((element) => element.outerHTML),
    );
  expect(tooLow).toEqual([]);
  await context.close();
});
