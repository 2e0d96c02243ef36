// A shop with shipping, tax and promotion codes: from the form to the order's page.
import { AxeBuilder } from "@axe-core/playwright";
import { join, resolve } from "node:path";
import { expect, test, type APIRequestContext, type Page } from "@playwright/test";
import { shippingSandboxUrl, shippingShopUrl } from "../addresses";
import * as shopper from "../shopper";
import { products } from "../shopper";

const folder = resolve(import.meta.dirname, "../test-results/screenshots");
const headers = { authorization: "Bearer sk_test_sandbox" };

test.use({ baseURL: shippingShopUrl });

/** Creates a promotion code for 10 % off. */
async function promotionCode(request: APIRequestContext): Promise<string> {
  const create = async (path: string, form: Record<string, string>) => {
    const response = await request.post(shippingSandboxUrl + path, { headers, form });
    expect(response.ok(), await response.text()).toBe(true);
    return response.json();
  };
  const { id } = await create("/v1/coupons", { percent_off: "10" });
  return (
    await create("/v1/promotion_codes", { "promotion[type]": "coupon", "promotion[coupon]": id })
  ).code;
}

const heading = (page: Page) => page.getByRole("heading", { level: 1 });
const rows = async (page: Page) => {
  const texts = await page.locator(".order-lines tfoot tr").allInnerTexts();
  return texts.map((row) => row.replace(/\s+/g, " ").trim());
};

async function look(page: Page, name: string) {
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
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1280]) {
    test.describe(`at ${width} pixels in ${colorScheme} colours`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });

      test("discount, shipping, tax, address and refund are on the order's page", async ({
        page,
        request,
      }) => {
        const code = await promotionCode(request);
        await page.goto("/");
        await expect(page.locator(".pay-note")).toContainText(
          "Delivery to Germany and Austria from €4.90. Tax is added at checkout.",
        );
        await shopper.field(page, products.postcards).fill("2");
        await shopper.payButton(page).click();
        await page.waitForURL(`${shippingSandboxUrl}/c/pay/*`);
        const session = shopper.sessionOf(page);

        await page.locator("#promotion_code").fill(code);
        await page.getByRole("button", { name: "Apply" }).click();
        await page.locator("#shipping_country").selectOption("DE");
        await page.getByLabel(/^Express/).check();
        await page.getByRole("button", { name: "Update total" }).click();
        // 19.00 less 10 %, plus 9.90 for shipping, plus 19 % tax on both.
        await expect(heading(page)).toContainText("€32.13");
        await page.locator("#shipping_line1").fill("Hauptstraße 1");
        await page.locator("#shipping_postal_code").fill("10115");
        await page.locator("#shipping_city").fill("Berlin");
        await shopper.payByCard(page);

        await page.waitForURL(/\/orders\/[0-9a-f]{32}$/);
        await expect(heading(page)).toHaveText("Thank you, your order is paid");
        const sums = [
          "Subtotal €19.00",
          "Discount −€1.90",
          "Shipping (Express) €9.90",
          "VAT 19% €5.13",
          "Total paid €32.13",
        ];
        // The taxes by rate are fetched after the payment.
        await expect(async () => {
          await page.reload();
          expect(await rows(page)).toEqual(sums);
        }).toPass();
        await expect(
          page.getByRole("region", { name: "Shipping address" }).locator("span"),
        ).toHaveText(["Sam Shopper", "Hauptstraße 1", "10115 Berlin", "Germany"]);
        await look(page, `order-options-${width}-${colorScheme}`);

        const refund = (form: Record<string, string>) =>
          request.post(`${shippingSandboxUrl}/_sandbox/sessions/${session}/refund`, { form });
        expect((await refund({ amount: "990" })).ok()).toBe(true);
        await expect(async () => {
          await page.reload();
          expect(await rows(page)).toEqual([...sums, "Refunded −€9.90"]);
        }).toPass();
        expect((await refund({ amount: "2223" })).ok()).toBe(true);
        await expect(async () => {
          await page.reload();
          await expect(heading(page)).toHaveText("Your order has been refunded", { timeout: 100 });
        }).toPass();
        await look(page, `order-refunded-${width}-${colorScheme}`);
      });
    });
  }
}
