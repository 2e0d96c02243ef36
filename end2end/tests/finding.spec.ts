// Finding products: results that follow the typing, and the same without JavaScript.
import { expect, test } from "@playwright/test";
import * as shopper from "../shopper";
import { products } from "../shopper";

const names = "main article h3";

test("results follow the typing, keep what was typed, and can be paid", async ({ page }) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await shopper.openCatalog(page);
  await shopper.field(page, products.postcards).fill("2");

  const field = page.getByRole("searchbox");
  await field.pressSequentially("water", { delay: 30 });
  await expect(page.locator("main h1")).toHaveText("1 product for “water”");
  await expect(page).toHaveURL(/\/search\?q=water$/);
  await expect(field).toBeFocused();
  await expect(page.locator("[data-found]")).toHaveText("1 product for “water”");
  await expect(page).toHaveTitle(/^Search: water/);

  // The islands of the new results are awake, and what was chosen before counts.
  await shopper.waitUntilLive(page);
  await expect(shopper.field(page, products.postcards)).toHaveValue("2");
  await expect(shopper.total(page)).toHaveText("€19.00");
  await shopper.increase(page, products.wateringCan).click();
  await expect(shopper.total(page)).toHaveText("€67.00");

  await field.fill("häuschen");
  await expect(page.locator("main h1")).toHaveText("1 product for “häuschen”");
  await expect(shopper.total(page)).toHaveText("€67.00");
  await shopper.toPayment(page);
  expect(errors).toEqual([]);
});

test("the back button leads to the page before, with what was typed", async ({ page }) => {
  await shopper.openCatalog(page);
  await shopper.field(page, products.trowel).fill("3");
  const field = page.getByRole("searchbox");
  await field.fill("pen");
  await expect(page.locator("main h1")).toContainText("“pen”");
  await field.fill("board");
  await expect(page.locator("main h1")).toContainText("“board”");
  await page.goBack();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.locator("main h1")).toHaveText("Till");
  await expect(shopper.field(page, products.trowel)).toHaveValue("3");
  await expect(field).toHaveValue("");
  await shopper.increase(page, products.trowel).click();
  await expect(shopper.field(page, products.trowel)).toHaveValue("4");
  await page.goForward();
  await expect(page.locator("main h1")).toContainText("“board”");
  await expect(field).toHaveValue("board");
});

test("from a found product, the back button leads to what was found", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("searchbox").fill("oak");
  await expect(page.locator("main h1")).toContainText("“oak”");
  const found = await page.locator(names).allTextContents();
  await page.locator(`${names} a`).first().click();
  await expect(page).toHaveURL(/\/products\//);
  await page.goBack();
  await expect(page.locator(names)).toHaveText(found);
  await page.goBack();
  await expect(page.locator("main h1")).toHaveText("Till");
});

test("a category's order is in its address, and Enter in a field pays", async ({ page }) => {
  await page.goto("/");
  await page.locator("h2 a").first().click();
  await expect(page).toHaveURL(/\/categories\/[a-z-]+$/);
  await shopper.waitUntilLive(page);
  const quantity = page.locator(".stepper input:enabled").first();
  const id = await quantity.getAttribute("id");
  await quantity.fill("1");
  await page.getByRole("button", { name: "Lowest price" }).click();
  await expect(page).toHaveURL(/\?sort=price$/);
  await expect(page.getByRole("button", { name: "Lowest price" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expect(page.locator(`#${id}`)).toHaveValue("1");
  await page.locator(`#${id}`).press("Enter");
  await page.waitForURL(/\/c\/pay\//);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a button searches, and another order keeps what was typed", async ({ page }) => {
    await page.goto("/");
    await page.getByRole("searchbox").fill("HÄUSCHEN");
    await page.getByRole("search").getByRole("button").click();
    await expect(page).toHaveURL(/\/search\?q=H/);
    await expect(page.locator(names)).toHaveText([products.birdhouse.name]);
    await shopper.field(page, products.birdhouse).fill("2");
    await page.getByRole("button", { name: "Newest" }).click();
    await expect(page).toHaveURL(/sort=newest/);
    await expect(shopper.field(page, products.birdhouse)).toHaveValue("2");
    await shopper.toPayment(page);
  });
});
