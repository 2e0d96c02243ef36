import { expect, test, type Page } from "@playwright/test";
import { sandboxUrl, shopUrl } from "../addresses";
import * as shopper from "../shopper";
import { products } from "../shopper";

/** Sends a form that the browser would not send, and that the server refuses. */
async function refuse(page: Page, path = "/") {
  await page.goto(path);
  await shopper.field(page, products.pen).fill("7");
  // Disables the browser's own validation.
  await page.locator("main form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await shopper.payButton(page).click();
  await expect(page.getByRole("alert")).toContainText("Nothing was charged.");
}

test.describe("with JavaScript", () => {
  test("a refusal has its page's own URL, and a reload shows a fresh form", async ({ page }) => {
    await refuse(page);
    await expect(page).toHaveURL(`${shopUrl}/`);
    await shopper.waitUntilLive(page);
    await expect(shopper.field(page, products.pen)).toHaveValue("7");
    await page.reload();
    await expect(page.getByRole("alert")).toHaveCount(0);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  });

  test("on a product's page, too", async ({ page }) => {
    await page.goto("/");
    await page.getByRole("link", { name: products.pen.name }).click();
    await expect(shopper.field(page, products.pen)).toHaveValue("1");
    const address = page.url();
    await refuse(page, address);
    await expect(page).toHaveURL(address);
    await expect(shopper.problem(page, products.pen)).toHaveText("At most 2 per order.");
  });

  test("a corrected form is paid, and Back shows the shop without the refusal's URL", async ({
    page,
  }) => {
    await refuse(page);
    await shopper.field(page, products.pen).fill("1");
    await shopper.toPayment(page);
    await page.goBack();
    await expect(page).toHaveURL(`${shopUrl}/`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Till");
    await shopper.field(page, products.trowel).fill("1");
    await shopper.toPayment(page);
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  // Without scripts the browser's validation cannot be disabled, so the refused form is empty.
  async function refuseEmpty(page: Page) {
    await page.goto("/");
    await shopper.payButton(page).click();
    await expect(page.getByRole("alert")).toHaveText("Choose at least one product.");
  }

  test("the response is the page itself; its URL leads to the shop when shared", async ({
    page,
    context,
  }) => {
    await refuseEmpty(page);
    const shared = page.url();
    expect(new URL(shared).search).toBe("");
    const friend = await context.newPage();
    await friend.goto(shared);
    await expect(friend).toHaveURL(`${shopUrl}/`);
    await expect(friend.getByRole("alert")).toHaveCount(0);
  });

  test("a corrected form is paid", async ({ page }) => {
    await refuseEmpty(page);
    await shopper.field(page, products.trowel).fill("1");
    await shopper.toPayment(page);
    await shopper.payByCard(page);
    await shopper.expectPaid(page, "€24.50");
    expect(page.url()).not.toContain(sandboxUrl);
  });
});
