// Products with several variants: three on a card, eight on their product's page.
import { AxeBuilder } from "@axe-core/playwright";
import { join, resolve } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { variantsSandboxUrl, variantsShopUrl } from "../addresses";
import * as shopper from "../shopper";

const folder = resolve(import.meta.dirname, "../test-results/screenshots");

/** The field of a variant, by the names that a screen reader says. */
const field = (page: Page, product: string, variant: string) =>
  page.getByLabel(`Quantity: ${product}, ${variant}`, { exact: true });

async function expectNoOverflow(page: Page, name: string) {
  const { scrollWidth, clientWidth } = await page.evaluate(() => ({
    scrollWidth: document.documentElement.scrollWidth,
    clientWidth: document.documentElement.clientWidth,
  }));
  expect(scrollWidth, `${name} is wider than the window`).toBe(clientWidth);
  const covered = await page.locator(".variant:visible").evaluateAll((rows) =>
    rows
      .map((row) => [row.querySelector(".price"), row.querySelector(".stepper")])
      .filter(([price, field]) => {
        const [one, other] = [price!.getBoundingClientRect(), field!.getBoundingClientRect()];
        return one.right > other.left && one.bottom > other.top && one.top < other.bottom;
      })
      .map(([price]) => price!.textContent),
  );
  expect(covered, `${name}: prices below fields`).toEqual([]);
}

for (const width of [320, 360, 768, 1280]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`variants are clear at ${width} pixels in ${colorScheme} colours`, async ({ browser }) => {
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
      const page = await context.newPage();
      for (const [name, path] of [
        ["catalog", "/"],
        ["three", "/products/coffee"],
        ["eight", "/products/shirt"],
      ]) {
        await page.goto(variantsShopUrl + path);
        await shopper.waitUntilLive(page);
        await expectNoOverflow(page, name);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations, name).toEqual([]);
        await page.screenshot({
          path: join(folder, `variants-${name}-${width}-${colorScheme}.png`),
          fullPage: true,
        });
      }
      await context.close();
    });
  }
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  test.describe(`${how} JavaScript`, () => {
    test.use({ javaScriptEnabled });

    test("two variants of one product are chosen on its page and paid together", async ({
      page,
    }) => {
      await page.goto(variantsShopUrl);
      await page.getByRole("link", { name: "See all 8 options for Linen Shirt" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Linen Shirt");
      await expect(field(page, "Linen Shirt", "L")).toBeDisabled();
      if (javaScriptEnabled) {
        await shopper.waitUntilLive(page);
        await page.getByRole("button", { name: "Increase quantity of Linen Shirt, S" }).click();
        await field(page, "Linen Shirt", "XL").fill("2");
        await expect(shopper.total(page)).toHaveText("€183.00");
      } else {
        await field(page, "Linen Shirt", "S").fill("1");
        await field(page, "Linen Shirt", "XL").fill("2");
      }
      await shopper.payButton(page).click();
      await page.waitForURL(`${variantsSandboxUrl}/c/pay/*`);
      await expect(page.getByText("Linen Shirt, XL")).toBeVisible();
      await shopper.payByCard(page);
      await page.waitForURL(/\/orders\/[0-9a-f]{32}$/);
      if (!javaScriptEnabled) await page.reload();
      await expect(page.getByRole("rowheader", { name: "Linen Shirt, S" })).toBeVisible();
      await expect(page.getByRole("rowheader", { name: "Linen Shirt, XL" })).toBeVisible();
    });

    test("a card's variants are chosen on the catalog", async ({ page }) => {
      await page.goto(variantsShopUrl);
      if (javaScriptEnabled) await shopper.waitUntilLive(page);
      await expect(field(page, "House Coffee", "500 g")).toBeDisabled();
      await field(page, "House Coffee", "250 g").fill("2");
      await field(page, "House Coffee", "1 kg").fill("1");
      await shopper.payButton(page).click();
      await page.waitForURL(`${variantsSandboxUrl}/c/pay/*`);
      await page.locator(`a[href*="/cancelled"]`).first().click();
      await expect(field(page, "House Coffee", "250 g")).toHaveValue("2");
      await expect(field(page, "House Coffee", "1 kg")).toHaveValue("1");
    });
  });
}

test("a variant of a product with many keeps its field when the form is refused", async ({
  page,
}) => {
  await page.goto(`${variantsShopUrl}/products/shirt`);
  await field(page, "Linen Shirt", "M").fill("4");
  await page.locator("main form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await shopper.payButton(page).click();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("Linen Shirt, M: Only 2 left.");
  await alert.getByRole("link").click();
  await expect(field(page, "Linen Shirt", "M")).toBeFocused();
  await expect(field(page, "Linen Shirt", "M")).toHaveValue("4");
});
