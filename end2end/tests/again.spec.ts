// A form that is sent again: back from an order, and while Stripe is slow to respond.
import { expect, test, type APIRequestContext, type Page } from "@playwright/test";
import { sandboxUrl } from "../addresses";
import * as shopper from "../shopper";
import { products, shown } from "../shopper";

/** Pays for one trowel, and goes back to its form. */
async function payAndGoBack(page: Page, request: APIRequestContext) {
  await shopper.openCatalog(page);
  await shopper.field(page, products.trowel).fill("1");
  const session = await shopper.toPayment(page);
  await shopper.payElsewhere(request, session);
  await page.goto((await shopper.session(request, session)).success_url);
  await shopper.expectPaid(page, "€24.50");
  for (let step = 0; step < 4 && new URL(page.url()).pathname !== "/"; step++) await page.goBack();
  await shopper.waitUntilLive(page);
}

test("back after paying, another selection is bought and not mistaken for the first", async ({
  page,
  request,
}) => {
  await payAndGoBack(page, request);
  await shopper.field(page, products.trowel).fill("");
  await shopper.field(page, products.postcards).fill("3");
  await expect(shopper.payButton(page)).toHaveText("Pay €28.50", shown);
  const session = await shopper.toPayment(page);
  expect((await shopper.session(request, session)).amount_total).toBe(2850);
  await shopper.payByCard(page);
  await shopper.expectPaid(page, "€28.50");
});

test("back after paying, the same form leads to its order, which offers the same again", async ({
  page,
  request,
}) => {
  await payAndGoBack(page, request);
  await shopper.field(page, products.trowel).fill("1");
  await shopper.payButton(page).click();
  await expect(
    page.getByText("You’ve already paid for this order, so no new payment was started."),
  ).toBeVisible();
  // The URL has no query, so the notice is gone when the page is reloaded or shared.
  await expect(page).toHaveURL(/\/orders\/[0-9a-f]{32}$/);
  const session = await (async () => {
    await page.getByRole("button", { name: "Pay €24.50" }).click();
    await page.waitForURL(`${sandboxUrl}/c/pay/*`);
    return shopper.sessionOf(page);
  })();
  expect((await shopper.session(request, session)).amount_total).toBe(2450);
  await page.goBack();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Thank you, your order is paid");
  await expect(page.getByText("You’ve already paid for this order")).toHaveCount(0);
});

test("while Stripe is slow the button says so at once, and after Back it is as before", async ({
  page,
}) => {
  // A page that is navigating away cannot be queried, so it records what it shows.
  await page.addInitScript(() => {
    addEventListener("submit", () =>
      setTimeout(() => {
        const texts = [
          ...document.querySelectorAll<HTMLElement>(
            "main form button[type=submit], main form [role=status]",
          ),
        ];
        const visible = texts.filter((text) => text.checkVisibility());
        sessionStorage.setItem("shown", visible.map((text) => text.innerText).join("|"));
      }, 50),
    );
  });
  await shopper.openCatalog(page);
  await shopper.field(page, products.trowel).fill("1");
  await page.route("**/api/checkout", async (route) => {
    await new Promise((done) => setTimeout(done, 1_000));
    await route.continue();
  });
  await shopper.toPayment(page);
  await page.goBack();
  const recorded = await page.evaluate(() => sessionStorage.getItem("shown"));
  expect(recorded?.split("|").filter(Boolean)).toEqual([
    "Contacting Stripe…",
    "Contacting Stripe…",
  ]);
  await expect(shopper.payButton(page)).toHaveText("Pay €24.50", shown);
});
