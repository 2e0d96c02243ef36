// A purchase from the search over two categories and a product's page to the paid order: by mouse,
// by keyboard alone, and without JavaScript. Also at 400 % zoom, and with the browser's history.
import { chromium, expect, test, type Locator, type Page } from "@playwright/test";
import { sandboxUrl, shopUrl } from "../addresses";
import * as shopper from "../shopper";
import { products, shown } from "../shopper";

/** A category's link on the first page. */
const category = (page: Page, name: string) =>
  page.getByRole("heading", { level: 2 }).getByRole("link", { name });
const quantity = (page: Page) => page.getByLabel("Quantity", { exact: true });
const lines = (page: Page) => page.locator(".pay-lines .variant:visible");

test("by mouse, from a search over two categories and a product's page to the paid order", async ({
  page,
  request,
}) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto("/");
  await page.getByRole("searchbox").pressSequentially("printed", { delay: 20 });
  await expect(page.locator("main h1")).toContainText("“printed”");
  await shopper.waitUntilLive(page);
  await shopper.increase(page, products.postcards).click();
  await shopper.increase(page, products.postcards).click();

  await page.getByRole("link", { name: "Till", exact: true }).first().click();
  await category(page, "Garden").click();
  await shopper.waitUntilLive(page);
  await shopper.increase(page, products.wateringCan).click();
  await expect(shopper.total(page)).toHaveText("€67.00");

  await page.goto("/");
  await category(page, "Desk").click();
  await shopper.waitUntilLive(page);
  await shopper.increase(page, products.pen).click();

  await page.goto("/products/hand-trowel-ash");
  await shopper.waitUntilLive(page);
  await expect(quantity(page)).toHaveValue("");
  await shopper.increase(page, products.trowel).click();
  await expect(page.locator(".pay-count")).toHaveText("5 items", shown);

  // The bar has all four, and each can be changed there.
  await page.locator(".pay-choice summary").click();
  await expect(lines(page)).toHaveCount(4);
  const trowel = lines(page).filter({ hasText: products.trowel.name });
  await trowel.getByRole("button", { name: /^Increase/ }).click();
  await expect(quantity(page)).toHaveValue("2");
  const pen = lines(page).filter({ hasText: products.pen.name });
  await pen.getByRole("button", { name: /^Decrease/ }).click();
  await pen.getByRole("button", { name: /^Increase/ }).click();
  const sum = await shopper.total(page).textContent();
  const session = await shopper.toPayment(page);
  await shopper.payByCard(page);
  await shopper.expectPaid(page, sum!);
  for (const product of [products.postcards, products.wateringCan, products.pen, products.trowel]) {
    await expect(page.getByRole("row", { name: product.name })).toBeVisible();
  }
  const paid = await shopper.paid(request, session);
  expect(`€${(paid! / 100).toFixed(2)}`).toBe(sum);
  // Nothing is chosen any more.
  await page.goto("/");
  await shopper.waitUntilLive(page);
  await expect(page.locator(".pay-count")).toHaveText("Nothing selected yet", shown);
  expect(errors).toEqual([]);
});

/** Where the focus is: nothing of it is seen without an outline of its own or around its card. */
const focus = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement!;
    const drawn = [null, "::after"].some((pseudo) => {
      const style = getComputedStyle(element, pseudo);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    });
    const box = element.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const top = document.elementFromPoint(x, y);
    return {
      name: element.outerHTML.slice(0, 120),
      drawn,
      // What is on top may be a child of it, or the card that its link covers.
      uncovered: !!top && (element.contains(top) || top.contains(element)),
    };
  });

/** Presses Tab until the element has the focus, and checks that each stop can be seen. */
async function tabTo(page: Page, target: Locator) {
  await expect(target).toBeAttached();
  for (let stops = 0; stops < 150; stops++) {
    await page.keyboard.press("Tab");
    const at = await focus(page);
    if (!at.name.startsWith("<body")) {
      expect(at, "each stop can be seen").toMatchObject({ drawn: true, uncovered: true });
    }
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab never reaches ${target}`);
}

test("by keyboard alone, from a search over two categories and a product's page", async ({
  page,
}) => {
  test.slow();
  await page.goto("/");
  await shopper.waitUntilLive(page);
  await tabTo(page, page.getByRole("searchbox"));
  await page.keyboard.type("printed");
  await expect(page.locator("main h1")).toContainText("“printed”");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await shopper.waitUntilLive(page);
  await tabTo(page, shopper.field(page, products.postcards));
  await page.keyboard.type("2");
  await expect(shopper.total(page)).toHaveText("€19.00");

  await page.goto("/");
  await shopper.waitUntilLive(page);
  await tabTo(page, category(page, "Garden"));
  await page.keyboard.press("Enter");
  await expect(page.locator("main h1")).toHaveText("Garden");
  await shopper.waitUntilLive(page);
  await tabTo(page, shopper.increase(page, products.wateringCan));
  await page.keyboard.press("Space");
  await expect(shopper.total(page)).toHaveText("€67.00");

  await page.goto("/");
  await shopper.waitUntilLive(page);
  await tabTo(page, category(page, "Desk"));
  await page.keyboard.press("Enter");
  await expect(page.locator("main h1")).toHaveText("Desk");
  await shopper.waitUntilLive(page);
  await tabTo(page, page.getByRole("link", { name: products.pen.name }));
  await page.keyboard.press("Enter");
  await expect(page.locator("main h1")).toHaveText(products.pen.name);
  await shopper.waitUntilLive(page);
  await tabTo(page, quantity(page));
  await page.keyboard.type("1");

  // The list in the pay bar, and a line of it.
  await tabTo(page, page.locator(".pay-choice summary"));
  await page.keyboard.press("Enter");
  await expect(lines(page)).toHaveCount(3);
  const can = lines(page).filter({ hasText: products.wateringCan.name });
  await tabTo(page, can.getByRole("spinbutton"));
  await page.keyboard.type("2");
  const sum = await shopper.total(page).textContent();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Escape");
  // The button comes before the list.
  await backTo(page, shopper.payButton(page));
  await page.keyboard.press("Enter");

  await page.waitForURL(`${sandboxUrl}/c/pay/*`);
  for (const [field, typed] of [
    ["#email", "shopper@example.com"],
    ["#name", "Sam Shopper"],
    ["#number", "4242424242424242"],
    ["#expiry", "1234"],
    ["#cvc", "123"],
  ]) {
    const target = page.locator(field);
    if (!(await target.evaluate((element) => element === document.activeElement))) {
      await forwardTo(page, target);
    }
    await page.keyboard.type(typed);
  }
  await page.keyboard.press("Enter");
  await shopper.expectPaid(page, sum!);
});

/** Presses a key until the element has the focus. */
async function pressTo(page: Page, key: string, target: Locator) {
  for (let stops = 0; stops < 150; stops++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} never reaches ${target}`);
}
const backTo = (page: Page, target: Locator) => pressTo(page, "Shift+Tab", target);
const forwardTo = (page: Page, target: Locator) => pressTo(page, "Tab", target);

test("a refused form is corrected by keyboard alone, at the top of the page", async ({ page }) => {
  await page.goto("/");
  await shopper.field(page, products.pen).fill("7");
  await page.locator("main form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await shopper.payButton(page).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await shopper.waitUntilLive(page);
  await tabTo(page, page.getByRole("alert").getByRole("link"));
  await page.keyboard.press("Enter");
  await expect(shopper.field(page, products.pen)).toBeInViewport();
  await tabTo(page, shopper.field(page, products.pen));
  await page.keyboard.type("1");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${sandboxUrl}/c/pay/*`);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("from a search to a page, a refusal and the paid order", async ({ page, request }) => {
    await page.goto("/");
    await page.getByRole("searchbox").fill("oak");
    await page.getByRole("searchbox").press("Enter");
    await expect(page.locator("main h1")).toContainText("“oak”");
    await page.goto("/");
    await category(page, "Garden").click();
    await expect(page.locator("main h1")).toHaveText("Garden");
    await expect(page.locator(".pay-choice")).toBeHidden();
    await shopper.field(page, products.wateringCan).fill("2");
    await shopper.field(page, products.birdhouse).fill("1");
    // Another shopper takes the birdhouses while this page is open.
    const others = await takeBirdhouses();
    await shopper.payButton(page).click();
    await expect(page.getByRole("alert")).toContainText("Nothing was charged.");
    const rows = page.locator("main form > .chosen .variant");
    await expect(rows).toHaveCount(2);
    await expect(rows.filter({ hasText: products.wateringCan.name })).toContainText("2 × €48.00");
    await expect(rows.filter({ hasText: products.birdhouse.name })).toContainText(
      "Reserved by another shopper",
    );
    // Each has one field, and the rest of the page says where it is.
    await expect(page.locator(`[name="quantity[${products.wateringCan.id}]"]`)).toHaveCount(1);
    await expect(page.locator(`a[href="#quantity-${products.wateringCan.id}"]`)).toBeVisible();
    const session = await shopper.toPayment(page);
    await others();
    await shopper.payByCard(page);
    await shopper.expectPaid(page, "€96.00");
    expect(await shopper.paid(request, session)).toBe(9600);
  });
});

/** Another shopper's browser goes to pay for all birdhouses; what it returns gives them back. */
async function takeBirdhouses() {
  const browser = await chromium.launch(launchOptions());
  const page = await browser.newPage({ javaScriptEnabled: true });
  await page.goto(shopUrl);
  await shopper.waitUntilLive(page);
  const field = shopper.field(page, products.birdhouse);
  await field.fill((await field.getAttribute("max"))!);
  const session = await shopper.toPayment(page);
  const { cancel_url } = await shopper.session(page.request, session);
  return async () => {
    await page.goto(cancel_url);
    await expect(page.locator("main h1")).toHaveText("Payment cancelled");
    await browser.close();
  };
}

/** The test's own browser, with the back/forward cache, which Playwright switches off. */
function launchOptions() {
  return {
    ...test.info().project.use.launchOptions,
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  };
}

test.describe("at 400 % zoom", () => {
  // A window of 1280 × 1024 pixels.
  test.use({ viewport: { width: 320, height: 256 } });

  test("nothing is lost, nothing scrolls sideways, and the pay bar leaves room", async ({
    page,
  }) => {
    test.slow();
    const check = async (name: string) => {
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(wide, `${name} scrolls sideways`).toBe(0);
      const row = page.locator(".pay-row");
      if ((await row.count()) > 0) {
        const height = await row.evaluate((row) => row.getBoundingClientRect().height);
        expect(height, `${name}: the pay bar`).toBeLessThan(256 / 3);
      }
      // Each field and link can be scrolled to where nothing covers it.
      const covered = await page
        .locator("main a:visible, main input:visible, main button:visible, main summary:visible")
        .evaluateAll((elements) =>
          elements
            .filter((element) => !element.closest(".visually-hidden, .pay-row"))
            .filter((element) => {
              element.scrollIntoView({ block: "center", behavior: "instant" });
              const box = element.getBoundingClientRect();
              const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
              const top = document.elementFromPoint(x, y);
              return !top || !(element.contains(top) || top.contains(element));
            })
            .map((element) => element.outerHTML.slice(0, 100)),
        );
      expect(covered, `${name}: covered`).toEqual([]);
    };
    for (const path of ["/", "/search?q=oak", "/categories/garden", "/products/postcards"]) {
      await page.goto(path);
      await shopper.waitUntilLive(page);
      await check(path);
    }
    await page.goto("/");
    await shopper.waitUntilLive(page);
    await shopper.field(page, products.wateringCan).fill("1");
    await shopper.field(page, products.pen).fill("7");
    await page.locator(".pay-choice summary").click();
    await expect(lines(page)).toHaveCount(2);
    await check("the list of the pay bar");
    await page.locator("main form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
    await shopper.payButton(page).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await shopper.waitUntilLive(page);
    await check("the refusal");
    await shopper.field(page, products.pen).fill("1");
    await shopper.toPayment(page);
    await page.locator(`a[href*="/cancelled"]`).first().click();
    await shopper.waitUntilLive(page);
    await check("the cancelled page");
    await shopper.toPayment(page);
    await shopper.payByCard(page);
    await expect(page.locator("main h1")).toHaveText("Thank you, your order is paid");
    await check("the order");
  });
});

test("from the back/forward cache come the fields, the results and the bar of now", async () => {
  test.slow();
  const browser = await chromium.launch(launchOptions());
  const page = await browser.newPage({ baseURL: shopUrl });
  await page.addInitScript(() =>
    addEventListener("pageshow", (event) => {
      (window as unknown as { cached: boolean }).cached = event.persisted;
    }),
  );
  const isCached = () => page.evaluate(() => (window as unknown as { cached: boolean }).cached);
  // A page from the cache sends no event that it has loaded.
  const goBack = () => page.goBack({ waitUntil: "commit" });
  await page.goto("/");
  await page.getByRole("searchbox").fill("printed");
  await expect(page.locator("main h1")).toContainText("“printed”");
  await shopper.waitUntilLive(page);
  await shopper.increase(page, products.postcards).click();
  // From the list to a product, and back.
  await page.locator("main article h3 a").first().click();
  await expect(page.locator("main h1")).toHaveText(products.postcards.name);
  await shopper.waitUntilLive(page);
  await expect(quantity(page)).toHaveValue("1");
  await quantity(page).fill("3");
  await page.goto("/products/hand-trowel-ash");
  await shopper.waitUntilLive(page);
  await shopper.increase(page, products.trowel).click();
  await expect(shopper.total(page)).toHaveText("€53.00");
  await goBack();
  await expect(page.locator("main h1")).toHaveText(products.postcards.name);
  await goBack();
  await expect(page).toHaveURL(/\/search\?q=printed$/);
  expect(await isCached()).toBe(true);
  await expect(page.locator("main h1")).toContainText("“printed”");
  await expect(page.getByRole("searchbox")).toHaveValue("printed");
  await expect(shopper.field(page, products.postcards)).toHaveValue("3");
  // What was chosen since, on a page that this one had never heard of.
  await expect(shopper.total(page)).toHaveText("€53.00");
  await page.locator(".pay-choice summary").click();
  await expect(lines(page)).toHaveCount(2);

  // To Stripe's page, and back.
  const session = await shopper.toPayment(page);
  await goBack();
  await expect(page).toHaveURL(/\/search\?q=printed$/);
  expect(await isCached()).toBe(true);
  await expect(shopper.payButton(page)).toHaveText("Pay €53.00", shown);
  await expect(shopper.payButton(page)).toBeEnabled();
  await expect(lines(page)).toHaveCount(2);

  // Paid on another page: one shopper with one session.
  await page.goto("/products/fountain-pen-no-3");
  await shopper.waitUntilLive(page);
  await quantity(page).fill("1");
  const second = await shopper.toPayment(page);
  expect((await shopper.session(page.request, session)).status).toBe("expired");
  expect((await shopper.session(page.request, second)).status).toBe("open");
  await shopper.payByCard(page);
  await expect(page.locator("main h1")).toHaveText("Thank you, your order is paid");
  // Back to before the payment: it is not chosen any more.
  await page.goto("/");
  await goBack();
  await page.goForward({ waitUntil: "commit" });
  await shopper.waitUntilLive(page);
  await expect(page.locator(".pay-count")).toHaveText("Nothing selected yet", shown);
  await browser.close();
});
