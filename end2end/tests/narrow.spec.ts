// Small windows and odd texts: nothing overflows, is hidden or is cut off.
import { AxeBuilder } from "@axe-core/playwright";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test, type Browser, type Page } from "@playwright/test";
import { oddSandboxUrl, oddShopUrl } from "../addresses";
import * as shopper from "../shopper";

const folder = resolve(import.meta.dirname, "../test-results/screenshots");

const word = { id: 1 };
const dear = { id: 2 };
const rightToLeft = { id: 3 };

async function expectNoOverflow(page: Page, name: string) {
  const overflow = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
  expect(overflow, `${name} is wider than the window`).toBe(0);
  // Nothing is cut off at the edge.
  const cutOff = await page.locator("body *:visible").evaluateAll((elements) =>
    elements
      .filter((element) => !element.closest(".visually-hidden, .visually-hidden-focusable"))
      .filter(
        (element) =>
          element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5,
      )
      .map((element) => element.outerHTML.slice(0, 80)),
  );
  expect(cutOff, name).toEqual([]);
  // No price runs under the field beside it.
  const covered = await page.locator(".product-buy, .variant").evaluateAll((rows) =>
    rows
      .flatMap((row) =>
        [...row.querySelectorAll(".price, .line-amount")].map((price) => [
          price,
          row.querySelector(".stepper"),
        ]),
      )
      .filter(([price, field]) => {
        if (!price || !field) return false;
        // The text, which may be wider than its element.
        const text = document.createRange();
        text.selectNodeContents(price);
        const [one, other] = [text.getBoundingClientRect(), field.getBoundingClientRect()];
        return one.right > other.left && one.bottom > other.top && one.top < other.bottom;
      })
      .map(([price]) => price!.textContent),
  );
  expect(covered, `${name}: prices below fields`).toEqual([]);
  await page.screenshot({
    path: join(folder, `odd-${name}-${page.viewportSize()!.width}.png`),
    fullPage: true,
  });
}

/** The HTML of the email with this order link. */
async function emailWith(orderUrl: string): Promise<string> {
  const folder = join(process.env.TILL_TEST_DATA!, "odd-shop", "mail");
  let html: string | undefined;
  await expect
    .poll(() => {
      const names = existsSync(folder) ? readdirSync(folder) : [];
      html = names
        .filter((name) => name.endsWith(".eml"))
        .map((name) => htmlOf(readFileSync(join(folder, name), "latin1")))
        .find((html) => html.includes(orderUrl));
      return html;
    })
    .toBeDefined();
  return html!;
}

/** The HTML part of an email. */
function htmlOf(email: string): string {
  const part = email.split(/\r?\n--/).find((part) => /content-type: text\/html/i.test(part)) ?? "";
  const end = part.search(/\r?\n\r?\n/);
  const [head, body] = [part.slice(0, end), part.slice(end).trim()];
  if (/base64/i.test(head)) return Buffer.from(body, "base64").toString();
  if (!/quoted-printable/i.test(head)) return Buffer.from(body, "latin1").toString();
  const bytes = body
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString();
}

for (const width of [320, 360]) {
  test(`at ${width} pixels no text makes a page wider than the window`, async ({ browser }) => {
    // About thirty pages.
    test.setTimeout(90_000);
    const context = await browser.newContext({ viewport: { width, height: 700 } });
    const page = await context.newPage();
    await page.goto(oddShopUrl);
    await shopper.waitUntilLive(page);
    await expectNoOverflow(page, "catalog");
    for (const slug of ["word", "rtl", "many", "addr", "emoji", "arabic", "hebrew"]) {
      await page.goto(`${oddShopUrl}/products/${slug}`);
      await expectNoOverflow(page, `product-${slug}`);
    }
    // A category, and what the search finds: the longest word, and texts from right to left.
    const categories = await page.goto(oddShopUrl).then(() => page.locator("h2 a").all());
    const addresses = await Promise.all(categories.map((link) => link.getAttribute("href")));
    expect(addresses.length).toBeGreaterThan(3);
    for (const [index, address] of addresses.entries()) {
      await page.goto(`${oddShopUrl}${address}`);
      await expectNoOverflow(page, `category-${index}`);
    }
    for (const [index, query] of ["donau", "שלום", "🎁".repeat(300), "x".repeat(300)].entries()) {
      await page.goto(`${oddShopUrl}/search?q=${encodeURIComponent(query)}`);
      await expectNoOverflow(page, `search-${index}`);
    }
    await page.goto(`${oddShopUrl}/orders/find`);
    await expectNoOverflow(page, "find-order");
    await page.locator("#number").fill("K7QM-3XPA");
    await page.locator("#email").fill(`${"a".repeat(60)}@${"b".repeat(60)}.example`);
    await page.getByRole("button", { name: "Send me the link" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Please check your email");
    await expectNoOverflow(page, "find-order-sent");
    await page.goto(oddShopUrl);
    await shopper.waitUntilLive(page);
    await page.locator("main form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
    for (const id of [1, 2, 3, 4, 5, 6, 7, 8]) await shopper.field(page, { id }).fill("9");
    await page.locator(".pay-choice summary").click();
    await expectNoOverflow(page, "pay-bar");
    await shopper.payButton(page).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await expect(page.locator(".chosen .variant")).toHaveCount(8);
    await expectNoOverflow(page, "refused");
    // Without the dear product: the total would be above Stripe's maximum.
    for (const id of [1, 3, 4, 5, 6, 7, 8]) await shopper.field(page, { id }).fill("1");
    await shopper.field(page, dear).fill("");
    await shopper.payButton(page).click();
    await page.waitForURL(`${oddSandboxUrl}/c/pay/*`);
    await expectNoOverflow(page, "payment");
    await page.locator(`a[href*="/cancelled"]`).first().click();
    await shopper.waitUntilLive(page);
    await expectNoOverflow(page, "cancelled");
    await shopper.payButton(page).click();
    await page.waitForURL(`${oddSandboxUrl}/c/pay/*`);
    await shopper.payByCard(page);
    await page.waitForURL(/\/orders\/[0-9a-f]{32}$/);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(
      "Thank you, your order is paid",
    );
    await expectNoOverflow(page, "order");
    const email = await emailWith(page.url());
    // Not on a page of the shop, whose policy would block the email's style.
    await page.goto("about:blank");
    await page.setContent(email);
    await expectNoOverflow(page, "mail");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page })
        .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
        .analyze();
      expect(violations, `mail, ${colorScheme}`).toEqual([]);
    }
    await context.close();
  });
}

test("a right-to-left text is shown right to left, and does not affect the text around it", async ({
  browser,
}) => {
  const page = await open(browser, 360, 700, "/");
  const direction = (selector: string) =>
    page.locator(selector).evaluate((element) => getComputedStyle(element).direction);
  const card = `article:has(#quantity-${rightToLeft.id})`;
  expect(await direction(`${card} h3`)).toBe("rtl");
  expect(await direction(`${card} .price`)).toBe("ltr");
  expect(await direction(`article:has(#quantity-${word.id}) h3`)).toBe("ltr");
  await page.context().close();
});

async function open(
  browser: Browser,
  width: number,
  height: number,
  path: string,
  options: { javaScriptEnabled?: boolean } = {},
) {
  const context = await browser.newContext({ viewport: { width, height }, ...options });
  const page = await context.newPage();
  await page.goto(path.startsWith("http") ? path : `${oddShopUrl}${path}`);
  return page;
}

for (const javaScriptEnabled of [true, false]) {
  const name = javaScriptEnabled ? "with the total" : "without scripts";
  test(`in a window of 320 × 400 the button is visible, ${name}`, async ({ browser }) => {
    const page = await open(browser, 320, 400, oddShopUrl, { javaScriptEnabled });
    const button = shopper.payButton(page);
    await expect(button).toBeInViewport({ ratio: 1 });
    if (javaScriptEnabled) {
      await shopper.waitUntilLive(page);
      await shopper.field(page, rightToLeft).fill("2");
      await expect(shopper.total(page)).toHaveText("€18.00");
      await expect(shopper.total(page)).toBeInViewport({ ratio: 1 });
      // The field is not covered, and the row takes little of the window.
      await expect(shopper.field(page, rightToLeft)).toBeInViewport({ ratio: 1 });
    }
    const height = await page
      .locator(".pay-row")
      .evaluate((row) => row.getBoundingClientRect().height);
    expect(height).toBeLessThan(80);
    await page.screenshot({
      path: join(folder, `low-${javaScriptEnabled ? "scripts" : "plain"}.png`),
    });
    // The bar's note is at the end of the form.
    await page.locator(".pay-note").scrollIntoViewIfNeeded();
    await expect(page.locator(".pay-note")).toBeInViewport();
    await page.context().close();
  });
}

test("a missing picture leaves a plain area, not the browser's broken-image icon", async ({
  browser,
}) => {
  const page = await open(browser, 360, 700, "/products/word");
  const picture = page.locator("img.product-picture");
  const shot = (await picture.screenshot()).toString("base64");
  // Without its border it has one colour.
  const plain = await browser.newPage();
  const colours = await plain.evaluate(async (shot) => {
    const image = new Image();
    image.src = `data:image/png;base64,${shot}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width - 40, image.height - 40];
    const context = canvas.getContext("2d")!;
    context.drawImage(image, -20, -20);
    const pixels = new Uint32Array(
      context.getImageData(0, 0, canvas.width, canvas.height).data.buffer,
    );
    return new Set(pixels).size;
  }, shot);
  expect(colours).toBe(1);
  await plain.close();
  await page.context().close();
});

test("in print a page is dark on white, in dark mode too", async ({ browser }) => {
  for (const path of ["/products/rtl", "/"]) {
    const context = await browser.newContext({
      colorScheme: "dark",
      viewport: { width: 700, height: 900 },
    });
    const page = await context.newPage();
    await page.goto(`${oddShopUrl}${path}`);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const dark = await page.locator("body, body *:visible").evaluateAll((elements) =>
      elements
        .map((element) => [element.tagName, getComputedStyle(element).backgroundColor] as const)
        .filter(([, colour]) => {
          const [red, green, blue, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
          return alpha > 0 && Math.min(red, green, blue) < 200;
        }),
    );
    expect(dark, path).toEqual([]);
    const { violations } = await new AxeBuilder({ page }).withRules(["color-contrast"]).analyze();
    expect(
      violations.flatMap(({ nodes }) => nodes.map((node) => node.html)),
      path,
    ).toEqual([]);
    await page.screenshot({ path: join(folder, `print-dark${path.replaceAll("/", "-")}.png`) });
    await context.close();
  }
});
