import { expect, test, type APIRequestContext, type Page } from "@playwright/test";
import * as shopper from "../shopper";
import { products } from "../shopper";

const heading = (page: Page) => page.getByRole("heading", { level: 1 });

/** Begins a checkout and opens the order's page without paying. */
async function openOrderUnpaid(page: Page, request: APIRequestContext): Promise<string> {
  await page.goto("/");
  await shopper.field(page, products.postcards).fill("1");
  const session = await shopper.toPayment(page);
  await page.goto((await shopper.session(request, session)).success_url);
  await expect(heading(page)).toHaveText("Confirming your payment");
  return session;
}

test("the page updates automatically when the order is paid", async ({ page, request }) => {
  const session = await openOrderUnpaid(page, request);
  await shopper.payElsewhere(request, session);
  await shopper.expectPaid(page, "€9.50");
});

test("printed, the page is a receipt: what was paid in dark ink, and nothing to click", async ({
  browser,
  request,
}) => {
  const context = await browser.newContext({ colorScheme: "dark" });
  const page = await context.newPage();
  const session = await openOrderUnpaid(page, request);
  await shopper.payElsewhere(request, session);
  await shopper.expectPaid(page, "€9.50");
  const address = page.getByText(page.url(), { exact: true });
  await expect(address).toBeHidden();
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await expect(address).toBeVisible();
  await expect(page.getByText("Postcards, Printed to Order")).toBeVisible();
  await expect(page.locator("tfoot")).toContainText("€9.50");
  await expect(page.locator("main .actions:visible")).toHaveCount(0);
  await expect(page.locator(".search-box")).toBeHidden();
  await expect(page.locator(".site-links:visible")).toHaveCount(0);
  await expect(page.locator("body")).toHaveCSS("background-color", "rgb(255, 255, 255)");
  await context.close();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the page updates by refreshing", async ({ page, request }) => {
    const session = await openOrderUnpaid(page, request);
    await shopper.payElsewhere(request, session);
    await expect(heading(page)).toHaveText("Thank you, your order is paid", { timeout: 15_000 });
  });
});

test("a delayed payment is shown as processing, then as paid", async ({ page, request }) => {
  const session = await openOrderUnpaid(page, request);
  await shopper.payElsewhere(request, session, { "sepa_debit[iban]": "AT611904300234573201" });
  await expect(heading(page)).toHaveText("Your bank is processing the payment");
  await expect(heading(page)).toHaveText("Thank you, your order is paid", { timeout: 20_000 });
});

test("a delayed payment that fails says that nothing was charged", async ({ page, request }) => {
  const session = await openOrderUnpaid(page, request);
  await shopper.payElsewhere(request, session, {
    "sepa_debit[iban]": "IT60X0542811101000000123456",
  });
  await expect(heading(page)).toHaveText("The payment did not go through", { timeout: 20_000 });
  await expect(page.getByText("nothing was charged")).toBeVisible();
});

test("the order's page of a cancelled checkout says that it has ended", async ({
  page,
  request,
}) => {
  const session = await openOrderUnpaid(page, request);
  await page.goto((await shopper.session(request, session)).cancel_url);
  await page.goto((await shopper.session(request, session)).success_url);
  await expect(heading(page)).toHaveText("This checkout has ended");
  await expect(page.getByText("Nothing was charged.")).toBeVisible();
});

test.describe("with scripts but without WebAssembly", () => {
  test("the page updates by reloading", async ({ page, request }) => {
    // As in a locked-down browser: scripts run, but WebAssembly is disabled.
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, "WebAssembly"));
    const session = await openOrderUnpaid(page, request);
    await shopper.payElsewhere(request, session);
    await expect(heading(page)).toHaveText("Thank you, your order is paid", { timeout: 20_000 });
  });

  test("the page also updates if the module does not load", async ({ page, request }) => {
    await page.route("**/*.wasm", (route) => route.abort());
    const session = await openOrderUnpaid(page, request);
    await shopper.payElsewhere(request, session);
    await expect(heading(page)).toHaveText("Thank you, your order is paid", { timeout: 20_000 });
  });
});

test("while the island polls, nothing else reloads the page", async ({ page, request }) => {
  await openOrderUnpaid(page, request);
  let loads = 0;
  page.on("load", () => loads++);
  await page.waitForTimeout(7_000);
  expect(loads).toBe(0);
});
