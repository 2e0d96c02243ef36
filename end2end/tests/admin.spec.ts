import { AxeBuilder } from "@axe-core/playwright";
import { resolve } from "node:path";
import { expect, test, type APIRequestContext, type Page } from "@playwright/test";
import { ownedSandboxUrl, ownedShopUrl } from "../addresses";

const picture = resolve(import.meta.dirname, "../../style/assets/icon-512.png");

test.use({ baseURL: ownedShopUrl });

const fill = (page: Page, name: string, value: string) =>
  page.locator(`main [name="${name}"]`).fill(value);
const press = (page: Page, name: string) =>
  page.getByRole("main").getByRole("button", { name, exact: true }).first().click();
const done = (page: Page, text: string | RegExp) =>
  expect(page.getByRole("status")).toContainText(text);

async function signIn(page: Page, email: string) {
  await page.goto("/admin");
  await expect(page).toHaveURL(/\/admin\/sign-in\?next=/);
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await press(page, "Sign in");
  await expect(page).toHaveURL("/admin");
}

/** Begins a checkout of this many units on the product's page, and pays elsewhere. */
async function buy(
  page: Page,
  request: APIRequestContext,
  slug: string,
  units: number,
  card = "4242424242424242",
) {
  await page.goto(`/products/${slug}`);
  await page.locator("main form input[type=number]").first().fill(String(units));
  await page.locator('main form button[type="submit"].btn-primary').click();
  await page.waitForURL(`${ownedSandboxUrl}/c/pay/*`);
  const id = new URL(page.url()).pathname.split("/").pop() ?? "";
  const response = await request.post(`${ownedSandboxUrl}/v1/payment_pages/${id}/confirm`, {
    form: {
      email: "ada@shopper.example",
      name: "Ada Shopper",
      "card[number]": card,
      "card[exp_month]": "12",
      "card[exp_year]": "2034",
      "card[cvc]": "123",
      "shipping[name]": "Ada Shopper",
      "shipping[address][line1]": "Marktplatz 3",
      "shipping[address][city]": "Berlin",
      "shipping[address][postal_code]": "10115",
      "shipping[address][country]": "DE",
    },
  });
  expect(response.ok(), await response.text()).toBe(true);
  return id;
}

/** The page of the latest order. */
async function openLatestOrder(page: Page): Promise<string> {
  const order = page.locator("main table tbody tr a").first();
  await expect(async () => {
    await page.goto("/admin/orders?state=to_ship");
    await expect(order).toBeVisible({ timeout: 1_000 });
  }).toPass();
  const number = (await order.textContent()) ?? "";
  await order.click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(number);
  return number;
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("an owner's day, from a first product to the audit log", async ({ page, request }) => {
      test.slow();
      const name = javaScriptEnabled ? "Tin Cup" : "Tin Bowl";
      const sku = javaScriptEnabled ? "CUP" : "BOWL";
      const slug = name.toLowerCase().replace(" ", "-");
      await signIn(page, "owner@shop.example");

      // A product, with a mistake first.
      await page.goto("/admin/products/new");
      await fill(page, "form[name]", name);
      await fill(page, "form[description]", "A cup of **tin**.");
      await fill(page, "form[variants][0][sku]", sku);
      await fill(page, "form[variants][0][price]", "12,5");
      await fill(page, "form[variants][0][stock]", "10");
      await press(page, "Save");
      await expect(page.getByRole("main")).toContainText(/price/i);
      await expect(page.locator('[name="form[name]"]')).toHaveValue(name);
      await fill(page, "form[variants][0][price]", "12.50");
      await press(page, "Save");
      await done(page, /created|saved/i);
      const pictures = page.locator('main input[type="file"]');
      if (javaScriptEnabled) {
        // Why a file will be refused is said before it is sent.
        const notes = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("x") };
        const broken = { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("x") };
        await pictures.setInputFiles([notes, broken]);
        await expect(page.getByText("notes.txt: It is not a picture")).toBeVisible();
        await expect(page.getByText("broken.png: It cannot be read")).toBeVisible();
      }
      await pictures.setInputFiles(picture);
      await press(page, "Add pictures");
      await done(page, /saved/i);

      // Shoppers see it, and one buys three.
      await buy(page, request, slug, 3);
      const number = await openLatestOrder(page);
      const order = `/admin/orders/${number}`;
      await page.goto(`/admin/orders?q=${number}`);
      await page.locator("main table tbody input[type=checkbox]").check();
      await press(page, "Packing slips");
      await expect(page).toHaveURL(/\/admin\/orders\/packing\?/);
      await expect(page.getByRole("main")).toContainText("Marktplatz 3");
      await expect(page.getByRole("main")).toContainText(name);

      // Two parcels.
      await page.goto(`${order}/ship`);
      await page.locator('main [name^="units["]').first().fill("1");
      await page.locator("main [name=carrier]").selectOption({ label: "DHL" });
      await fill(page, "tracking", "00340434161094015902");
      await press(page, "Mark as shipped");
      await done(page, /marked as shipped/i);
      await page.goto(`${order}/ship`);
      await press(page, "Mark as shipped");
      await done(page, /marked as shipped/i);
      await expect(page.getByRole("main")).toContainText("Shipped");

      // One unit comes back.
      await page.goto(`${order}/refund`);
      await page.locator("main [name=part]").selectOption("lines");
      await page.locator('main [name^="units["]').first().fill("1");
      await page.locator("main [name=restock]").check();
      await fill(page, "reason", "A dent");
      await press(page, "Continue");
      await expect(page.getByRole("main")).toContainText("Refund €12.50 to Ada Shopper?");
      await press(page, "Refund €12.50");
      await done(page, /refund/i);
      await expect(async () => {
        await page.goto(order);
        await expect(page.getByRole("main")).toContainText("€12.50", { timeout: 1_000 });
        const ledger = await (await request.get(`${ownedSandboxUrl}/_sandbox/ledger`)).json();
        const refunded = ledger.payments.map((payment: { refunded: number }) => payment.refunded);
        expect(refunded).toContain(1250);
      }).toPass();

      // The buyer withdraws, and the owner accepts.
      const withdrawn = await request.post(`${ownedShopUrl}/withdraw`, {
        form: {
          attempt: (javaScriptEnabled ? "ab" : "cd").repeat(16),
          name: "Ada Shopper",
          email: "ada@shopper.example",
          contract: number,
          step: "confirm",
        },
      });
      expect(withdrawn.status()).toBe(200);
      await expect(async () => {
        await page.goto("/admin/withdrawals");
        await expect(page.getByRole("main")).toContainText(number, { timeout: 1_000 });
      }).toPass();
      await page.goto(order);
      await press(page, "Accept");
      await done(page, /recorded/i);
      await expect(page.getByRole("main")).toContainText("Accepted");

      // The bank disputes another payment.
      await buy(page, request, slug, 1, "4000000000000259");
      await expect(async () => {
        await page.goto("/admin/orders?state=dispute_open");
        await page.locator("main table tbody tr a").first().click({ timeout: 1_000 });
      }).toPass();
      await expect(page.getByRole("main")).toContainText(/waits for your answer/i);
      await page.goto("/admin");
      await expect(page.getByRole("main")).toContainText("Disputes");

      // Two people change one product: the second one sees both versions, and chooses.
      await page.goto(`/admin/products?q=${sku}`);
      await page.locator("main table tbody a").first().click();
      const product = new URL(page.url()).pathname;
      const other = await page.context().newPage();
      await other.goto(product);
      await fill(other, "form[brand]", "Tinsmith");
      await press(other, "Save");
      await done(other, /saved/i);
      await other.close();
      await fill(page, "form[brand]", "Ironsmith");
      await press(page, "Save");
      await expect(page.getByRole("alert")).toContainText("Someone else has changed this product");
      await expect(page.getByRole("main")).toContainText("Tinsmith");
      await press(page, "Save mine");
      await done(page, /saved/i);
      await expect(page.locator('[name="form[brand]"]')).toHaveValue("Ironsmith");

      // What was done is in the log.
      await page.goto("/admin/audit");
      for (const text of [number, slug, "owner@shop.example"]) {
        await expect(page.getByRole("main")).toContainText(text);
      }
      await page.getByRole("button", { name: "Sign out" }).click();
      await done(page, /signed out/i);
      await page.goto(order);
      await expect(page).toHaveURL(/\/admin\/sign-in\?next=/);
    });
  });
}

test("staff ships, and may not refund", async ({ page, request }) => {
  await signIn(page, "staff@shop.example");
  await expect(page.getByRole("navigation").getByRole("link", { name: "Products" })).toHaveCount(0);
  const refused = await page.goto("/admin/settings");
  expect(refused?.status()).toBe(403);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You may not see this page");
  await buy(page, request, "tin-cup", 1);
  const number = await openLatestOrder(page);
  await expect(page.getByRole("main").getByRole("link", { name: "Refund" })).toHaveCount(0);
  expect((await page.goto(`/admin/orders/${number}/refund`))?.status()).toBe(403);
});

test("a colour is picked beside its field, and an empty field is the default", async ({ page }) => {
  await signIn(page, "owner@shop.example");
  await page.goto("/admin/settings/face");
  const field = page.getByLabel("Accent colour");
  const picker = page.getByLabel("Choose a colour");
  await expect(picker).toHaveValue("#1f5c46");
  await picker.fill("#336699");
  await expect(field).toHaveValue("#336699");
  await press(page, "Save");
  await done(page, "Saved.");
  await expect(picker).toHaveValue("#336699");
  await field.fill("");
  await expect(picker).toHaveValue("#1f5c46");
  await press(page, "Save");
  await done(page, "Saved.");
  await expect(field).toHaveValue("");
});

const PAGES = [
  "/admin",
  "/admin/orders",
  "/admin/orders/packing",
  "/admin/products",
  "/admin/products/new",
  "/admin/products/table",
  "/admin/products/import",
  "/admin/products/1",
  "/admin/products/1/stock",
  "/admin/categories",
  "/admin/settings",
  "/admin/settings/face",
  "/admin/settings/shipping",
  "/admin/settings/retention",
  "/admin/settings/server",
  "/admin/settings/policies",
  "/admin/audit",
  "/admin/events",
  "/admin/outbox",
  "/admin/withdrawals",
  "/admin/withdrawals/1",
  "/admin/users",
  "/admin/users/1",
  "/admin/account",
  "/admin/account/second-factor",
  "/admin/no-such-page",
];

for (const [width, colorScheme, language] of [
  [320, "light", "en"],
  [1280, "dark", "de"],
] as const) {
  const as = `${width} pixels, ${colorScheme}, ${language}`;
  test(`pages of the admin are accessible and fit: ${as}`, async ({ browser }) => {
    test.slow();
    const context = await browser.newContext({
      baseURL: ownedShopUrl,
      colorScheme,
      locale: language,
      viewport: { width, height: 800 },
    });
    const page = await context.newPage();
    const look = async (name: string) => {
      const [scrollWidth, clientWidth] = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return [scrollWidth, clientWidth];
      });
      expect.soft(scrollWidth, `${name} is wider than the window`).toBeLessThanOrEqual(clientWidth);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
      expect.soft(found, name).toEqual([]);
      await page.screenshot({
        path: `test-results/screenshots/admin${name.replaceAll("/", "-")}-${width}-${language}.png`,
        fullPage: true,
      });
    };
    await page.goto("/admin/sign-in");
    await expect(page.locator("html")).toHaveAttribute("lang", language);
    await look("/sign-in");
    await page.locator("[name=email]").fill("owner@shop.example");
    await page.locator("[name=password]").fill("correct horse battery");
    await page.getByRole("main").locator("button[type=submit]").click();
    await expect(page).toHaveURL("/admin");
    await page.goto("/admin/account");
    await page.locator("main [name=language]").selectOption(language);
    await page.locator('main form[action$="/set-language"] button').click();
    for (const path of PAGES) {
      await page.goto(path);
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await look(path.replace("/admin", ""));
    }
    await page.goto("/admin/orders");
    const order = page.locator("main table tbody tr a").first();
    await order.click();
    await look("/orders/one");
    for (const part of ["ship", "refund"]) {
      await page.goto(`${new URL(page.url()).pathname.replace(/\/(ship|refund)$/, "")}/${part}`);
      await look(`/orders/one-${part}`);
    }
    await context.close();
  });
}
