import { expect, test } from "@playwright/test";
import { sandboxUrl } from "../addresses";
import * as shopper from "../shopper";
import { cards, products, shown } from "../shopper";

test.describe("with JavaScript", () => {
  test("a shopper selects with buttons and keys, pays, and sees the order paid", async ({
    page,
    request,
  }) => {
    await shopper.openCatalog(page);
    await shopper.increase(page, products.wateringCan).click();
    await shopper.increase(page, products.wateringCan).click();
    await expect(shopper.total(page)).toHaveText("€96.00");
    await shopper.decrease(page, products.wateringCan).click();
    await shopper.field(page, products.seedBox).fill("2");
    await expect(shopper.total(page)).toHaveText("€77.80");
    await expect(page.locator(".pay-count")).toHaveText("3 items", shown);
    await expect(shopper.payButton(page)).toHaveText("Pay €77.80", shown);

    const session = await shopper.toPayment(page);
    await expect(page.getByText(/no real payment is taken/i).first()).toBeVisible();
    await expect(page.getByText(products.seedBox.name)).toBeVisible();
    await shopper.payByCard(page);

    await shopper.expectPaid(page, "€77.80");
    await expect(page.getByRole("row", { name: new RegExp(products.seedBox.name) })).toContainText(
      "€29.80",
    );
    await expect(page.locator(".order-facts")).toContainText("Order number");
    expect(await shopper.paid(request, session)).toBe(7780);
  });

  test("after a declined card another one can pay, and only that is charged", async ({
    page,
    request,
  }) => {
    await shopper.openCatalog(page);
    await shopper.field(page, products.trowel).fill("1");
    const session = await shopper.toPayment(page);
    await shopper.payByCard(page, cards.declined);
    await expect(page.getByText(/declined/i).first()).toBeVisible();
    expect(await shopper.paid(request, session)).toBeUndefined();
    await expect(page.locator("#number")).toHaveValue("");
    await shopper.payByCard(page);
    await shopper.expectPaid(page, "€24.50");
    expect(await shopper.paid(request, session)).toBe(2450);
  });

  test("after cancelling, the form has the quantities, and the session has expired", async ({
    page,
    request,
  }) => {
    await shopper.openCatalog(page);
    await shopper.field(page, products.wateringCan).fill("2");
    await shopper.field(page, products.postcards).fill("3");
    const session = await shopper.toPayment(page);
    await page.locator(`a[href*="/cancelled"]`).first().click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Payment cancelled");
    await expect(shopper.field(page, products.wateringCan)).toHaveValue("2");
    await expect(shopper.field(page, products.postcards)).toHaveValue("3");
    await expect(shopper.total(page)).toHaveText("€124.50");
    expect((await shopper.session(request, session)).status).toBe("expired");

    await shopper.toPayment(page);
    await shopper.payByCard(page);
    await shopper.expectPaid(page, "€124.50");
  });

  test("a double click begins one session", async ({ page, request }) => {
    const before = (await shopper.sessions(request)).length;
    await shopper.openCatalog(page);
    await shopper.field(page, products.trowel).fill("1");
    await shopper.payButton(page).dblclick();
    // Not `waitForURL`, which fails if the second click ends the first one's navigation.
    await expect(page).toHaveURL((url) => url.href.startsWith(`${sandboxUrl}/c/pay/`));
    expect((await shopper.sessions(request)).length).toBe(before + 1);
  });

  test("other quantities expire the first session, and the second is paid", async ({
    page,
    request,
  }) => {
    await shopper.openCatalog(page);
    await shopper.field(page, products.trowel).fill("1");
    const first = await shopper.toPayment(page);
    await page.goBack();
    await expect(shopper.field(page, products.trowel)).toHaveValue("1");
    await expect(shopper.total(page)).toHaveText("€24.50");
    await shopper.field(page, products.trowel).fill("2");
    await expect(shopper.total(page)).toHaveText("€49.00");
    const second = await shopper.toPayment(page);
    expect(second).not.toBe(first);
    expect((await shopper.session(request, first)).status).toBe("expired");
    await shopper.payByCard(page);
    await shopper.expectPaid(page, "€49.00");
  });

  test("a form that the browser has filled before hydration shows the right total", async ({
    page,
  }) => {
    let unblock = () => {};
    const blocked = new Promise<void>((resolve) => (unblock = resolve));
    await page.route("**/*.wasm", async (route) => {
      await blocked;
      await route.continue();
    });
    await page.goto("/");
    // As when browsers restore a form: the value is set without an event.
    await shopper
      .field(page, products.wateringCan)
      .evaluate((field: HTMLInputElement) => (field.value = "2"));
    unblock();
    await expect(shopper.total(page)).toHaveText("€96.00");
  });

  test("after a reload the total is that of the fields", async ({ page }) => {
    await shopper.openCatalog(page);
    await shopper.field(page, products.wateringCan).fill("2");
    await expect(shopper.total(page)).toHaveText("€96.00");
    await page.reload();
    await shopper.waitUntilLive(page);
    // Whether a reload keeps what was typed is up to the browser.
    const kept = Number(await shopper.field(page, products.wateringCan).inputValue());
    await expect(page.locator(".pay-count")).toHaveText(
      kept === 0 ? "Nothing selected yet" : "2 items",
      shown,
    );
    await expect(shopper.total(page)).toHaveText(kept === 0 ? "" : "€96.00");
  });

  test("a limit is shown before the form is sent, and the browser does not send it", async ({
    page,
  }) => {
    await shopper.openCatalog(page);
    await shopper.field(page, products.pen).fill("3");
    await expect(shopper.problem(page, products.pen)).toHaveText("At most 2 per order.");
    await shopper.field(page, products.birdhouse).fill("4");
    await expect(shopper.problem(page, products.birdhouse)).toHaveText("Only 3 left.");
    await shopper.payButton(page).click();
    await expect(page).toHaveURL("/");
    await shopper.field(page, products.pen).fill("2");
    await expect(shopper.problem(page, products.pen)).toBeHidden();
    await expect(shopper.increase(page, products.pen)).toBeDisabled();
  });

  test("a form that the server refuses is shown again with the reason and what was typed", async ({
    page,
  }) => {
    await shopper.openCatalog(page);
    await page.locator("main form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
    await shopper.field(page, products.pen).fill("7");
    await shopper.field(page, products.trowel).fill("1");
    await shopper.payButton(page).click();
    await expect(page.getByRole("alert")).toContainText("Nothing was charged.");
    await expect(shopper.problem(page, products.pen)).toHaveText("At most 2 per order.");
    await expect(shopper.field(page, products.pen)).toHaveValue("7");
    await expect(shopper.field(page, products.trowel)).toHaveValue("1");
    await page.getByRole("alert").getByRole("link").click();
    await expect(shopper.field(page, products.pen)).toBeInViewport();
  });

  test("an empty form asks for a product", async ({ page }) => {
    await shopper.openCatalog(page);
    await shopper.payButton(page).click();
    await expect(page.getByRole("alert")).toHaveText("Choose at least one product.");
  });

  test("one product is bought from its own page", async ({ page }) => {
    await page.goto("/");
    await page.getByRole("link", { name: products.seedBox.name }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(products.seedBox.name);
    await shopper.waitUntilLive(page);
    await shopper.increase(page, products.seedBox).click();
    await expect(shopper.payButton(page)).toHaveText("Pay €29.80", shown);
    await shopper.toPayment(page);
    await shopper.payByCard(page);
    await shopper.expectPaid(page, "€29.80");
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the same form buys the same products", async ({ page, request }) => {
    await page.goto("/");
    await expect(page.getByRole("button", { name: /^Increase quantity of / })).toHaveCount(0);
    await shopper.field(page, products.wateringCan).fill("1");
    await shopper.field(page, products.trowel).fill("1");
    await expect(shopper.payButton(page)).toHaveText("Continue to payment", shown);
    const session = await shopper.toPayment(page);
    await shopper.payByCard(page);
    await shopper.expectPaid(page, "€72.50");
    expect(await shopper.paid(request, session)).toBe(7250);
  });

  test("an empty form asks for a product", async ({ page }) => {
    await page.goto("/");
    await shopper.payButton(page).click();
    await expect(page.getByRole("alert")).toHaveText("Choose at least one product.");
  });
});

test("with the .wasm blocked the form still buys", async ({ page }) => {
  await page.route("**/*.wasm", (route) => route.abort());
  await page.goto("/");
  await shopper.field(page, products.postcards).fill("2");
  await shopper.toPayment(page);
  await shopper.payByCard(page);
  await shopper.expectPaid(page, "€19.00");
});

test("a sold-out product says so and cannot be selected", async ({ page }) => {
  await shopper.openCatalog(page);
  const card = page.locator("article", { hasText: products.board.name });
  await expect(card).toContainText("Sold out");
  await expect(shopper.field(page, products.board)).toBeDisabled();
  await expect(card.getByRole("button", { name: /^Increase quantity of / })).toBeDisabled();
  await page.goto("/products/oak-cutting-board");
  await expect(page.getByText("This product is sold out at the moment.")).toBeVisible();
  await expect(page.locator("main form")).toHaveCount(0);
});
