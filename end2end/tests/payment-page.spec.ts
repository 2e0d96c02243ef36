import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { sandboxUrl, shopUrl } from "../addresses";
import { cards, payByCard } from "../shopper";

const headers = { authorization: "Bearer sk_test_sandbox" };

type Form = Record<string, string | number | boolean>;

async function post(page: Page, path: string, form: Form = {}) {
  const response = await page.request.post(sandboxUrl + path, { headers, form });
  expect(response.ok(), await response.text()).toBe(true);
  return response.json();
}

/** Creates a session that belongs to no checkout: the shop ignores its events. */
async function createSession(page: Page, more: Form = {}): Promise<{ id: string; url: string }> {
  return post(page, "/v1/checkout/sessions", {
    mode: "payment",
    success_url: `${shopUrl}/`,
    cancel_url: `${shopUrl}/`,
    "line_items[0][quantity]": 2,
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": 625,
    "line_items[0][price_data][product_data][name]": "Tea",
    "line_items[0][price_data][product_data][description]":
      "From the slopes of a mountain that is not named here",
    ...more,
  });
}

const shippingOption = (at: number, name: string, amount: number): Form => ({
  [`shipping_options[${at}][shipping_rate_data][type]`]: "fixed_amount",
  [`shipping_options[${at}][shipping_rate_data][display_name]`]: name,
  [`shipping_options[${at}][shipping_rate_data][fixed_amount][amount]`]: amount,
  [`shipping_options[${at}][shipping_rate_data][fixed_amount][currency]`]: "eur",
});

/** Everything that a session can ask for. */
const everything: Form = {
  allow_promotion_codes: true,
  "automatic_tax[enabled]": true,
  billing_address_collection: "required",
  "consent_collection[terms_of_service]": "required",
  "custom_text[submit][message]": "We pack it by hand.",
  "custom_text[shipping_address][message]": "No parcel lockers, please.",
  "phone_number_collection[enabled]": true,
  "shipping_address_collection[allowed_countries][0]": "DE",
  "shipping_address_collection[allowed_countries][1]": "AT",
  ...shippingOption(0, "Standard", 490),
  ...shippingOption(1, "Express", 990),
};

/** Creates a promotion code for 10 % off. */
async function promotionCode(page: Page): Promise<string> {
  const { id } = await post(page, "/v1/coupons", { percent_off: 10 });
  return (
    await post(page, "/v1/promotion_codes", {
      "promotion[type]": "coupon",
      "promotion[coupon]": id,
    })
  ).code;
}

const heading = (page: Page) => page.getByRole("heading", { level: 1 });

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1280]) {
    test.describe(`at ${width} pixels in ${colorScheme} colours, without scripts`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });
      // axe checks a dozen pages in each test.
      test.slow();

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
        await expect(page.locator("script")).toHaveCount(0);
        await expect(page.locator("body")).toContainText(/sandbox/i);
      }

      test("the payment page is accessible: open, refused, 3-D Secure, paid and expired", async ({
        page,
      }) => {
        const { id, url } = await createSession(page);
        await page.goto(url);
        await expect(page.locator("body")).toContainText("4242 4242 4242 4242");
        await look(page, "open");

        await page.getByRole("button", { name: "Pay €12.50" }).click();
        await expect(page.locator("#email")).toHaveAttribute("aria-invalid", "true");
        await look(page, "nothing typed");

        await payByCard(page, cards.declined);
        await expect(page.getByRole("alert")).toBeVisible();
        await look(page, "declined");

        await payByCard(page, "4000 0027 6000 3184");
        await page.waitForURL(/\/authenticate$/);
        await look(page, "3-D Secure");
        await page.getByRole("button", { name: /^Fail/ }).click();
        await expect(page.getByRole("alert")).toBeVisible();
        await look(page, "3-D Secure failed");
        await payByCard(page, "4000 0027 6000 3184");
        await page.waitForURL(/\/authenticate$/);
        await page.getByRole("button", { name: /^Approve/ }).click();
        await page.waitForURL(`${shopUrl}/`);

        await page.goto(url);
        await expect(heading(page)).toHaveText("This is already paid");
        await look(page, "already paid");

        const other = await createSession(page);
        await post(page, `/v1/checkout/sessions/${other.id}/expire`);
        await page.goto(`${sandboxUrl}/c/pay/${other.id}`);
        await expect(heading(page)).toHaveText("This payment page has expired");
        await look(page, "expired");

        await page.goto(`${sandboxUrl}/c/pay/${id}x`);
        await expect(heading(page)).toHaveText("There is no payment here");
        await look(page, "unknown");
      });

      test("the payment page that asks for everything is accessible", async ({ page }) => {
        const code = await promotionCode(page);
        const { url } = await createSession(page, everything);
        await page.goto(url);
        await look(page, "everything asked");

        await page.getByRole("button", { name: /^Pay / }).last().click();
        // The page reports one problem at a time.
        await expect(page.getByRole("alert")).toBeVisible();
        await expect(page.locator('[aria-invalid="true"]')).toHaveCount(1);
        await look(page, "everything missing");

        await page.locator("#promotion_code").fill("NO-SUCH-CODE");
        await page.getByRole("button", { name: "Apply" }).click();
        await expect(page.locator("#promotion_code")).toHaveAttribute("aria-invalid", "true");
        await look(page, "unknown code");
        await page.locator("#promotion_code").fill(code);
        await page.getByRole("button", { name: "Apply" }).click();
        await page.locator("#shipping_country").selectOption("DE");
        await page.getByLabel(/^Express/).check();
        await page.getByRole("button", { name: "Update total" }).click();
        // 12.50 less 10 %, plus 9.90 for shipping, plus 19 % tax on both.
        await expect(heading(page)).toContainText("€25.17");
        await look(page, "discount, shipping and tax");

        await page.locator("#shipping_line1").fill("Hauptstraße 1");
        await page.locator("#shipping_postal_code").fill("10115");
        await page.locator("#shipping_city").fill("Berlin");
        await page.locator("#phone").fill("+49 30 1234567");
        await page.locator("#terms_of_service").check();
        await payByCard(page);
        await page.waitForURL(`${shopUrl}/`);
        await page.goto(url);
        await expect(heading(page)).toHaveText("This is already paid");
      });
    });
  }
}

test("the payment page needs no scripts", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const { url } = await createSession(page);
  await page.goto(url);
  await payByCard(page);
  await page.waitForURL(`${shopUrl}/`);
  await page.goto(url);
  await expect(heading(page)).toHaveText("This is already paid");
  await context.close();
});

test("the link back leads to cancel_url and leaves the session open", async ({ page }) => {
  const { id, url } = await createSession(page);
  await page.goto(url);
  await page.locator(`a[href="${shopUrl}/"]`).first().click();
  await page.waitForURL(`${shopUrl}/`);
  const response = await page.request.get(`${sandboxUrl}/v1/checkout/sessions/${id}`, { headers });
  expect((await response.json()).status).toBe("open");
});
