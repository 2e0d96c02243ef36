// What is chosen on one page is in the form of the next, and is paid once.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { sandboxUrl } from "../addresses";
import * as shopper from "../shopper";
import { products } from "../shopper";

const chosenElsewhere = (page: Page) => page.locator("[data-choice] .variant");

async function chooseOnTwoPages(page: Page) {
  await page.goto("/products/hand-trowel-ash");
  await shopper.waitUntilLive(page);
  await page.getByLabel("Quantity", { exact: true }).fill("2");
  await page.goto("/products/postcards");
  await shopper.waitUntilLive(page);
  await expect(chosenElsewhere(page)).toHaveCount(1);
}

test("two products from two pages are paid together", async ({ page }) => {
  await chooseOnTwoPages(page);
  // A product page suggests one unit only while nothing is chosen.
  await expect(page.getByLabel("Quantity", { exact: true })).toHaveValue("");
  await page.getByLabel("Quantity", { exact: true }).fill("1");
  await page.locator(".pay-choice summary").click();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
  const shown = await shopper.total(page).textContent();
  await shopper.payButton(page).click();
  await page.waitForURL(`${sandboxUrl}/c/pay/*`);
  const session = await shopper.session(page.request, shopper.sessionOf(page));
  expect(`€${(session.amount_total / 100).toFixed(2)}`).toBe(shown);
});

test("a line from another page can be changed and removed in the pay bar", async ({ page }) => {
  await chooseOnTwoPages(page);
  await page.locator(".pay-choice summary").click();
  const field = chosenElsewhere(page).locator("input[type=number]");
  await expect(field).toHaveValue("2");
  await field.fill("3");
  await page.goto("/products/hand-trowel-ash");
  await shopper.waitUntilLive(page);
  await expect(page.getByLabel("Quantity", { exact: true })).toHaveValue("3");
  await page.getByLabel("Quantity", { exact: true }).fill("0");
  await page.goto("/products/postcards");
  await shopper.waitUntilLive(page);
  await expect(chosenElsewhere(page)).toHaveCount(0);
});

test("paying on one page, then on another, is one attempt", async ({ page }) => {
  await page.goto("/products/hand-trowel-ash");
  await shopper.waitUntilLive(page);
  const attempt = await page.locator("[name=attempt]").inputValue();
  await shopper.payButton(page).click();
  await page.waitForURL(`${sandboxUrl}/c/pay/*`);
  const first = shopper.sessionOf(page);
  await page.goto("/products/postcards");
  await shopper.waitUntilLive(page);
  expect(await page.locator("[name=attempt]").inputValue()).toBe(attempt);
  await page.getByLabel("Quantity", { exact: true }).fill("1");
  await shopper.payButton(page).click();
  await page.waitForURL(`${sandboxUrl}/c/pay/*`);
  const second = shopper.sessionOf(page);
  expect(second).not.toBe(first);
  expect((await shopper.session(page.request, first)).status).toBe("expired");
});

test("a paid order leaves nothing chosen, with a new attempt", async ({ page }) => {
  await page.goto("/products/postcards");
  await shopper.waitUntilLive(page);
  const attempt = await page.locator("[name=attempt]").inputValue();
  await shopper.payButton(page).click();
  await page.waitForURL(`${sandboxUrl}/c/pay/*`);
  await shopper.payByCard(page);
  await shopper.expectPaid(page, "€9.50");
  await page.goto("/");
  await shopper.waitUntilLive(page);
  await expect(shopper.field(page, products.postcards)).toHaveValue("");
  expect(await page.locator("[name=attempt]").inputValue()).not.toBe(attempt);
});

test("a page from the back/forward cache shows what was changed since", async ({ page }) => {
  await page.goto("/products/hand-trowel-ash");
  await shopper.waitUntilLive(page);
  await page.getByLabel("Quantity", { exact: true }).fill("2");
  await page.goto("/");
  await shopper.waitUntilLive(page);
  await expect(shopper.field(page, products.trowel)).toHaveValue("2");
  await shopper.field(page, products.trowel).fill("4");
  await page.goBack();
  await shopper.waitUntilLive(page);
  await expect(page.getByLabel("Quantity", { exact: true })).toHaveValue("4");
});

for (const [name, forged] of [
  ["markup", "<img src=x onerror=alert(1)>"],
  ["a variant twice", "00112233445566778899aabbccddeeff 1:1,1:2"],
  ["an id that is no number", `00112233445566778899aabbccddeeff ${"9".repeat(30)}:1`],
]) {
  test(`a forged choice is ignored: ${name}`, async ({ page }) => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto("/");
    await page.evaluate((text) => sessionStorage.setItem("till-choice", text), forged);
    await page.reload();
    await shopper.waitUntilLive(page);
    await expect(chosenElsewhere(page)).toHaveCount(0);
    await shopper.field(page, products.postcards).fill("1");
    await shopper.payButton(page).click();
    await page.waitForURL(`${sandboxUrl}/c/pay/*`);
    expect(errors).toEqual([]);
  });
}

test("what vanished since is named, and the rest can be paid", async ({ page }) => {
  await page.goto("/");
  const choice = "00112233445566778899aabbccddeeff 987654:2";
  await page.evaluate((text) => sessionStorage.setItem("till-choice", text), choice);
  await page.goto("/products/postcards");
  await shopper.waitUntilLive(page);
  await expect(chosenElsewhere(page)).toHaveText(["An item you selected is no longer available."]);
  await page.getByLabel("Quantity", { exact: true }).fill("1");
  await shopper.payButton(page).click();
  await page.waitForURL(`${sandboxUrl}/c/pay/*`);
});

test("a quantity above the limit stops no other page, and is shown where it is", async ({
  page,
}) => {
  await page.goto("/products/fountain-pen-no-3");
  await shopper.waitUntilLive(page);
  await page.getByLabel("Quantity", { exact: true }).fill("7");
  await page.goto("/products/postcards");
  await shopper.waitUntilLive(page);
  await expect(chosenElsewhere(page)).toHaveCount(0);
  // Chosen while there were enough.
  const choice = "00112233445566778899aabbccddeeff 15:7,18:1";
  await page.evaluate((text) => sessionStorage.setItem("till-choice", text), choice);
  await page.reload();
  await expect(page.locator("details[data-choice-box][open]")).toBeVisible();
  await page.locator(".pay-choice summary").click();
  await shopper.payButton(page).click();
  await expect(page.locator("details[data-choice-box][open] input:invalid")).toBeFocused();
  await chosenElsewhere(page).locator("input[type=number]").fill("2");
  await shopper.toPayment(page);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });
  test("a page says that it is paid alone", async ({ page }) => {
    await page.goto("/products/postcards");
    await expect(page.locator(".pay-this-page")).toBeVisible();
  });
});
