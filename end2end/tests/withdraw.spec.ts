import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import * as shopper from "../shopper";
import { products } from "../shopper";

const main = (page: Page) => page.getByRole("main");

async function expectAccessible(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`),
  ).toEqual([]);
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("a shopper withdraws from a contract, starting at the footer", async ({ page }) => {
      await page.goto("/");
      await page.getByRole("link", { name: "Withdraw from contract here" }).click();
      await expect(page).toHaveURL("/withdraw");
      await page.getByRole("button", { name: "Continue" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
      await expect(page.getByLabel("Your name")).toHaveAccessibleDescription(/enter your name/);
      // "The marked fields" are marked.
      const danger = await page.evaluate(() => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = "var(--danger)";
        return getComputedStyle(probe).color;
      });
      await expect(page.getByLabel("Your name")).toHaveCSS("border-top-color", danger);
      await page.getByLabel("Order number, or what you bought").fill("Two mugs, on Monday");
      await page.getByLabel("A part of it").check();
      await page.getByLabel(/^Only for a part/).fill("One mug");
      await page.getByLabel("Your name").fill("Ada <b>Shopper</b>");
      await page.getByLabel(/^Email address/).fill("ada@shopper.example");
      await page.getByRole("button", { name: "Continue" }).click();
      await expect(main(page)).toContainText("Nothing has been sent yet");
      await page.getByRole("button", { name: "Change something" }).click();
      await expect(page.getByLabel("A part of it")).toBeChecked();
      await page.getByLabel(/^Only for a part/).fill("One blue mug");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("button", { name: "Confirm withdrawal", exact: true }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(
        "We have received your withdrawal",
      );
      for (const fact of ["Ada <b>Shopper</b>", "ada@shopper.example", "One blue mug"]) {
        await expect(main(page)).toContainText(fact);
      }
      await expect(main(page).locator("time")).toHaveText(/:\d\d:\d\d UTC$/);
      // Nothing that was typed is in an address.
      await expect(page).toHaveURL("/withdraw");
    });
  });
}

test("from the page of an order a line can be chosen", async ({ page }) => {
  await shopper.openCatalog(page);
  await shopper.field(page, products.wateringCan).fill("1");
  await shopper.field(page, products.seedBox).fill("2");
  await shopper.toPayment(page);
  await shopper.payByCard(page);
  await shopper.expectPaid(page, "€77.80");
  await page.getByRole("button", { name: "Withdraw from contract here" }).click();
  await expect(page).toHaveURL("/withdraw");
  const lines = page.getByRole("group", { name: "Products that you withdraw from" });
  await expect(lines.getByRole("checkbox", { checked: true })).toHaveCount(2);
  await lines.getByRole("checkbox").first().uncheck();
  await page.getByLabel("Your name").fill("Ada Shopper");
  await page.getByLabel(/^Email address/).fill("ada@shopper.example");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(main(page)).toContainText("2 × ");
  await page.getByRole("button", { name: "Confirm withdrawal", exact: true }).click();
  await expect(main(page)).toContainText("2 × ");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(
    "We have received your withdrawal",
  );
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`in ${colorScheme} colours the pages are accessible and fit`, async ({ browser }) => {
    const viewport = { width: 360, height: 800 };
    const context = await browser.newContext({ colorScheme, viewport });
    const page = await context.newPage();
    const look = async () => {
      await expectAccessible(page);
      const overflow = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth - clientWidth;
      });
      expect(overflow).toBe(0);
    };
    await page.goto("/withdraw");
    await look();
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await look();
    await page.getByLabel("Order number, or what you bought").fill("x".repeat(200));
    await page.getByLabel("Your name").fill("x".repeat(150));
    await page.getByLabel(/^Email address/).fill("ada@shopper.example");
    await page.getByRole("button", { name: "Continue" }).click();
    await look();
    await page.getByRole("button", { name: "Confirm withdrawal", exact: true }).click();
    await look();
    await context.close();
  });
}
