// The form on pages that others change: translators, extensions, and HTML that is added later. Also
// the mouse wheel and typing.
import { expect, test, type Page } from "@playwright/test";
import { sandboxUrl } from "../addresses";
import * as shopper from "../shopper";
import { products, shown } from "../shopper";

/**
 * What a browser's translation does: each text becomes <font><font>text</font></font>, unless
 * translate="no" is set.
 */
function translate() {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walk.nextNode()) {
    const text = walk.currentNode as Text;
    const parent = text.parentElement;
    if (text.data.trim() && parent && !parent.closest("script, style, [translate=no]"))
      texts.push(text);
  }
  for (const text of texts) {
    const outer = document.createElement("font");
    const inner = document.createElement("font");
    inner.textContent = `«${text.data.trim()}»`;
    outer.append(inner);
    text.replaceWith(outer);
  }
}

/** What extensions do: add elements around and beside every field, and attributes to it. */
function meddle() {
  for (const field of document.querySelectorAll("input, button")) {
    field.setAttribute("data-extension", "1");
    const wrapper = document.createElement("div");
    wrapper.className = "extension";
    field.replaceWith(wrapper);
    wrapper.append(document.createElement("i"), field, document.createElement("i"));
  }
  for (const element of document.querySelectorAll("form, form p, form section")) {
    element.prepend(document.createComment("extension"));
  }
}

function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return errors;
}

async function chargedForFive(page: Page): Promise<number> {
  await shopper.field(page, products.postcards).fill("1");
  await expect(shopper.total(page)).toHaveText("€9.50");
  await shopper.field(page, products.postcards).fill("5");
  await expect(shopper.total(page)).toHaveText("€47.50");
  await expect(shopper.payButton(page).locator("[data-sum]")).toHaveText("€47.50");
  await shopper.payButton(page).click();
  await page.waitForURL(`${sandboxUrl}/c/pay/*`);
  return (await shopper.session(page.request, shopper.sessionOf(page))).amount_total;
}

for (const [name, change] of [
  ["translated", translate],
  ["changed by an extension", meddle],
] as const) {
  test(`${name} before hydration, the form shows what is charged`, async ({ page }) => {
    const errors = errorsOf(page);
    await page.addInitScript(`document.addEventListener("DOMContentLoaded", ${change})`);
    await page.goto("/");
    await expect(page.locator("form[data-awake]")).toBeVisible();
    expect(await chargedForFive(page)).toBe(4750);
    expect(errors).toEqual([]);
  });

  test(`${name} after hydration, the form shows what is charged`, async ({ page }) => {
    const errors = errorsOf(page);
    await shopper.openCatalog(page);
    await shopper.field(page, products.postcards).fill("2");
    await page.evaluate(change);
    expect(await chargedForFive(page)).toBe(4750);
    expect(errors).toEqual([]);
  });
}

test("fields that are added later are live as well, and so is a form that is added later", async ({
  page,
}) => {
  const errors = errorsOf(page);
  await shopper.openCatalog(page);
  // Replaces a section by the server's HTML, as a search would.
  await page.evaluate(async () => {
    const text = await (await fetch("/")).text();
    const fresh = new DOMParser().parseFromString(text, "text/html");
    document
      .querySelector("main section")!
      .replaceWith(document.adoptNode(fresh.querySelector("main section")!));
  });
  await shopper.increase(page, products.wateringCan).click();
  await expect(shopper.total(page)).toHaveText("€48.00");
  await page.evaluate(async () => {
    const text = await (await fetch("/")).text();
    const fresh = new DOMParser().parseFromString(text, "text/html");
    document
      .querySelector("main form")!
      .replaceWith(document.adoptNode(fresh.querySelector("main form")!));
    const hydrate = (
      window as unknown as { __hydrateIsland: (element: Element, id: string) => void }
    ).__hydrateIsland;
    for (const island of document.querySelectorAll<HTMLElement>("main form leptos-island")) {
      hydrate(island, island.dataset.component!);
    }
  });
  await expect(page.locator("form[data-awake]")).toBeVisible();
  await shopper.increase(page, products.seedBox).click();
  // With what was chosen in the first form.
  await expect(shopper.total(page)).toHaveText("€62.90");
  expect(errors).toEqual([]);
});

test("without its WASM, the form stays as it is without JavaScript", async ({ page }) => {
  await page.route("**/*.wasm", (route) => route.abort());
  await page.goto("/");
  // Its place is kept while it may still come; then the sentence that is true without it is said.
  const thisPageOnly = page.locator(".pay-this-page");
  await expect(thisPageOnly).toBeHidden();
  await expect(page.locator("[data-step]:visible")).toHaveCount(0);
  await expect(thisPageOnly).toBeVisible({ timeout: 10_000 });
  await shopper.field(page, products.postcards).fill("2");
  await shopper.toPayment(page);
});

test("the mouse wheel over a field scrolls the page and leaves the number", async ({ page }) => {
  await page.setViewportSize({ width: 900, height: 400 });
  await shopper.openCatalog(page);
  await shopper.field(page, products.wateringCan).fill("2");
  await shopper.field(page, products.wateringCan).hover();
  for (let turn = 0; turn < 3; turn++) {
    await page.mouse.wheel(0, 120);
    await page.waitForTimeout(100);
  }
  await expect(shopper.field(page, products.wateringCan)).toHaveValue("2");
  await expect(shopper.total(page)).toHaveText("€96.00");
});

test("what is typed into a field replaces what is there", async ({ page }) => {
  await shopper.openCatalog(page);
  await shopper.field(page, products.postcards).click();
  await page.keyboard.type("1");
  await expect(shopper.field(page, products.postcards)).toHaveValue("1");
  await shopper.field(page, products.trowel).click();
  await shopper.field(page, products.postcards).click();
  await page.keyboard.type("3");
  await expect(shopper.field(page, products.postcards)).toHaveValue("3");
  await expect(shopper.total(page)).toHaveText("€28.50");
});

test("a digit typed at once after a click replaces what is there", async ({ page }) => {
  // A busy page: every timer is late, and keys come first.
  await page.addInitScript(() => {
    const set = window.setTimeout;
    window.setTimeout = ((run: TimerHandler, time = 0, ...more: unknown[]) =>
      set(run, Math.max(time, 500), ...more)) as typeof window.setTimeout;
  });
  await shopper.openCatalog(page);
  await shopper.field(page, products.postcards).fill("1");
  await shopper.field(page, products.trowel).click();
  await shopper.field(page, products.postcards).click();
  await page.keyboard.type("3");
  await expect(shopper.field(page, products.postcards)).toHaveValue("3");
});

test("without JavaScript, what is typed into an empty field is what is bought", async ({
  browser,
}) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("/");
  await expect(shopper.field(page, products.postcards)).toHaveValue("");
  await shopper.field(page, products.postcards).click();
  await page.keyboard.type("2");
  await shopper.toPayment(page);
  expect((await shopper.session(page.request, shopper.sessionOf(page))).amount_total).toBe(1900);
  await context.close();
});

test("at zero the field is empty again, and the button names no total", async ({ page }) => {
  await shopper.openCatalog(page);
  const more = shopper.increase(page, products.postcards);
  const fewer = shopper.decrease(page, products.postcards);
  await expect(fewer).toBeDisabled();
  await more.click();
  await expect(shopper.payButton(page)).toHaveText("Pay €9.50", shown);
  await fewer.click();
  await expect(shopper.field(page, products.postcards)).toHaveValue("");
  await expect(shopper.payButton(page)).toHaveText("Continue to payment", shown);
});
