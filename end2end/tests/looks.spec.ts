import { AxeBuilder } from "@axe-core/playwright";
import { join, resolve } from "node:path";
import { expect, test, type APIRequestContext, type Page } from "@playwright/test";
import { sandboxUrl } from "../addresses";
import * as shopper from "../shopper";
import { products } from "../shopper";

// `make screenshots` copies two screenshots to docs/, for the README.
const folder = resolve(import.meta.dirname, "../test-results/screenshots");

type Look = { width: number; colorScheme: "light" | "dark"; language: "en" | "de" | "fr" };

/** Two that differ in everything; `make looks` takes them all. */
function looks(): Look[] {
  if (process.env.LOOKS !== "all") {
    return [
      { width: 320, colorScheme: "light", language: "en" },
      { width: 1280, colorScheme: "dark", language: "de" },
    ];
  }
  const widths = [320, 360, 768, 1280];
  const schemes = ["light", "dark"] as const;
  return (["en", "de", "fr"] as const).flatMap((language) =>
    schemes.flatMap((colorScheme) =>
      widths.map((width): Look => ({ width, colorScheme, language })),
    ),
  );
}

/** Visits every page in every state, and calls back on each with its name. */
async function visitAll(
  page: Page,
  request: APIRequestContext,
  language: string,
  look: (name: string) => Promise<void>,
) {
  const prefix = language === "en" ? "" : `/${language}`;
  const open = async (path: string) => {
    await page.goto(`${prefix}${path}`);
    await expect(page.locator("html")).toHaveAttribute("lang", language);
  };
  const openLive = async (path: string) => {
    await open(path);
    await live(page);
  };

  await openLive("/");
  await shopper.field(page, products.wateringCan).fill("1");
  await shopper.field(page, products.seedBox).fill("2");
  await look("catalog");
  await page.locator("main form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await shopper.field(page, products.pen).fill("7");
  await shopper.payButton(page).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await live(page);
  await look("catalog-refused");
  await openLive("/products/fountain-pen-no-3");
  await look("product");
  await open("/products/oak-cutting-board");
  await look("product-sold-out");
  await openLive("/products/wildflower-seeds");
  await look("product-variants");
  await openLive("/categories/garden?in_stock=1");
  await look("category");
  await openLive("/search?q=oak");
  await look("search");
  await open("/search?q=nonsense");
  await look("search-nothing");
  await open("/no-such-page");
  await look("not-found");
  await open("/pages/withdrawal");
  await look("policy");
  await open("/orders/find");
  await look("find-order");

  await open("/withdraw");
  await look("withdraw");
  const step = (value: string) => page.locator(`main button[name=step][value=${value}]`);
  await step("review").click();
  await expect(page.getByRole("alert")).toBeVisible();
  await look("withdraw-incomplete");
  await page.locator("main input[name=contract]").fill("Two mugs, on Monday");
  await page.locator("main input[name=name]").fill("Ada Shopper");
  await page.locator("main input[name=email]").fill(`ada-${Date.now()}@shopper.example`);
  await step("review").click();
  await expect(step("confirm")).toBeVisible();
  await look("withdraw-check");
  await step("confirm").click();
  await expect(page.locator("main time")).toBeVisible();
  await look("withdraw-received");

  const begin = async () => {
    await openLive("/products/postcards");
    await page.evaluate(() => sessionStorage.clear());
    await openLive("/products/postcards");
    await shopper.field(page, products.postcards).fill("2");
    const id = await shopper.toPayment(page);
    return { id, session: await shopper.session(request, id) };
  };

  const cancelled = await begin();
  await look("payment");
  await page.goto(cancelled.session.cancel_url);
  await live(page);
  await look("cancelled");
  await page.goto(cancelled.session.success_url);
  await look("order-ended");

  const debit = await begin();
  await page.goto(debit.session.success_url);
  const heading = page.getByRole("heading", { level: 1 });
  const confirming = await heading.innerText();
  await look("order-confirming");
  await shopper.payElsewhere(request, debit.id, {
    "sepa_debit[iban]": "IT60X0542811101000000123456",
  });
  await expect(heading).not.toHaveText(confirming, { timeout: 15_000 });
  const processing = await heading.innerText();
  await look("order-processing");
  await expect(heading).not.toHaveText(processing, { timeout: 20_000 });
  await look("order-failed");

  const paid = await begin();
  await shopper.payElsewhere(request, paid.id, { name: "Ada Shopper" });
  await page.goto(paid.session.success_url);
  await expect(page.locator("tfoot")).toBeVisible({ timeout: 15_000 });
  await look("order-paid");
  const { payment_intent } = await shopper.session(request, paid.id);
  const refund = await request.post(`${sandboxUrl}/v1/refunds`, {
    headers: shopper.headers,
    form: { payment_intent, amount: 500 },
  });
  expect(refund.ok()).toBe(true);
  const rows = await page.locator("tfoot tr").count();
  await expect(async () => {
    await page.reload();
    expect(await page.locator("tfoot tr").count()).toBeGreaterThan(rows);
  }).toPass({ timeout: 15_000 });
  await look("order-refunded");
}

/** Waits until the form's island has hydrated: only then the buttons beside a field are shown. */
async function live(page: Page) {
  await expect(page.locator('[data-step="1"]:visible').first()).toBeVisible();
}

for (const { width, colorScheme, language } of looks()) {
  test(`pages are accessible and fit: ${width} pixels, ${colorScheme}, ${language}`, async ({
    browser,
    request,
  }) => {
    // axe checks each of about thirty pages.
    test.setTimeout(180_000);
    const context = await browser.newContext({
      colorScheme,
      viewport: { width, height: 800 },
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(error.message));

    await visitAll(page, request, language, async (name) => {
      const overflow = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth - clientWidth;
      });
      expect.soft(overflow, `${name} is wider than the screen`).toBe(0);
      const { violations } = await new AxeBuilder({ page })
        .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
        .analyze();
      expect
        .soft(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`),
          name,
        )
        .toEqual([]);
      await page.evaluate(() => scrollTo(0, 0));
      const file = `${name}-${width}-${colorScheme}-${language}.png`;
      await page.screenshot({ path: join(folder, file) });
    });
    // Chromium logs a missing page (404) and a refused form (422) to its console.
    expect(errors.filter((text) => !/status of (404|422)/.test(text))).toEqual([]);
    await context.close();
  });
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
