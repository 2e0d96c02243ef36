// What is chosen on one page is in the form of the next, and is paid once.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { sandboxUrl } from "../addresses";
import * as shopper from "../shopper";
import { products } from "../shopper";

const chosenElsewhere = (page: Page) => page.locator("[data-choice] .variant");
/** All rows of the list in the pay bar. */
const lines = (page: Page) => page.locator(".pay-lines .variant:visible");
const openList = (page: Page) => page.locator(".pay-choice summary").click();

const attempt = "00112233445566778899aabbccddeeff";
const store = (page: Page, choice: string) =>
  page.evaluate((text) => sessionStorage.setItem("till-choice", text), choice);

/** What the console and uncaught errors say. */
function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return errors;
}

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

test("the pay bar lists everything that is chosen, and a line and its field are one", async ({
  page,
}) => {
  const errors = errorsOf(page);
  await chooseOnTwoPages(page);
  await expect(page.locator(".pay-choice")).toBeVisible();
  await page.goto("/");
  await shopper.waitUntilLive(page);
  await shopper.increase(page, products.postcards).click();
  await openList(page);
  await expect(lines(page)).toHaveCount(2);
  await expect(lines(page).locator("bdi")).toHaveText([
    products.trowel.name,
    products.postcards.name,
  ]);
  await expect(lines(page).locator(".line-amount")).toHaveText([
    "2 × €24.50 = €49.00",
    "1 × €9.50 = €9.50",
  ]);
  const line = lines(page).filter({ hasText: products.postcards.name });
  // The line changes the field.
  await line.getByRole("button", { name: /^Increase/ }).click();
  await expect(shopper.field(page, products.postcards)).toHaveValue("2");
  await line.getByRole("spinbutton").fill("5");
  await expect(shopper.field(page, products.postcards)).toHaveValue("5");
  await expect(shopper.total(page)).toHaveText("€96.50");
  // The field changes the line.
  await shopper.field(page, products.postcards).fill("3");
  await expect(line.getByRole("spinbutton")).toHaveValue("3");
  await expect(line.locator(".line-amount")).toHaveText("3 × €9.50 = €28.50");
  // A limit is explained in the line, too, and nothing is sent.
  await shopper.field(page, products.pen).fill("1");
  const pen = lines(page).filter({ hasText: products.pen.name });
  await pen.getByRole("spinbutton").fill("7");
  await expect(pen.locator(".invalid-feedback")).toHaveText("At most 2 per order.");
  await expect(shopper.problem(page, products.pen)).toHaveText("At most 2 per order.");
  await shopper.payButton(page).click();
  await expect(shopper.field(page, products.pen)).toBeFocused();
  // At zero, a line is gone as soon as the shopper does something else.
  await pen.getByRole("spinbutton").fill("");
  await shopper.field(page, products.postcards).fill("2");
  await expect(lines(page)).toHaveCount(2);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
  // Each variant is sent once.
  const sent = page.waitForRequest("**/api/checkout");
  await shopper.toPayment(page);
  const fields = new URLSearchParams((await sent).postData() ?? "");
  expect(fields.getAll(`quantity[${products.postcards.id}]`)).toEqual(["2"]);
  expect(fields.getAll(`quantity[${products.trowel.id}]`)).toEqual(["2"]);
  const session = await shopper.session(page.request, shopper.sessionOf(page));
  expect(session.amount_total).toBe(2 * 2450 + 2 * 950);
  expect(errors).toEqual([]);
});

test("a long list scrolls, and leaves the page usable in a small window", async ({
  page,
}) => {
  await page.setViewportSize({ width: 320, height: 568 });
  await page.goto("/products/postcards");
  // All that is sold, without the birdhouse, of which other tests need each unit.
  const ids = Array.from({ length: 20 }, (_, index) => index + 1);
  const sold = ids.filter((id) => ![products.board.id, products.birdhouse.id].includes(id));
  await store(page, `${attempt} ${sold.map((id) => `${id}:1`).join(",")}`);
  for (const path of ["/products/postcards", "/"]) {
    await page.goto(path);
    await shopper.waitUntilLive(page);
    await expect(page.locator(".pay-count")).toHaveText("18 items", shopper.shown);
    await openList(page);
    await expect(lines(page)).toHaveCount(18);
    const list = page.locator(".pay-lines");
    const { scrolls, share, wide } = await list.evaluate((list) => ({
      scrolls: list.scrollHeight > list.clientHeight,
      share: list.closest("details")!.parentElement!.getBoundingClientRect().height / innerHeight,
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    expect(scrolls).toBe(true);
    expect(wide).toBe(0);
    // What covers the shadows at the edges scrolls with the list.
    await expect(list).toHaveCSS("background-attachment", "local, local, scroll, scroll");
    if (path === "/") {
      expect(share).toBeLessThan(0.85);
      await expect(shopper.payButton(page)).toBeInViewport({ ratio: 1 });
    }
    await lines(page).last().getByRole("button", { name: /^Decrease/ }).click();
    await expect(page.locator(".pay-count")).toHaveText("17 items", shopper.shown);
    await lines(page).last().getByRole("button", { name: /^Increase/ }).click();
  }
  await shopper.toPayment(page);
});

const garbage = "x".repeat(100_000);
const tenThousand = Array.from({ length: 10_000 }, (_, id) => `${id + 1}:1`).join(",");
for (const [name, forged] of [
  ["markup", "<img src=x onerror=alert(1)>"],
  ["JSON", '{"attempt":null,"lines":[{"id":1,"quantity":-1,"name":"<b>"}]}'],
  ["garbage", garbage],
  ["a garbled attempt", `${garbage} 1:1`],
  ["10,000 lines", `${attempt} ${tenThousand}`],
  ["a variant twice", `${attempt} 1:1,1:2`],
  ["an id that is no number", `${attempt} ${"9".repeat(30)}:1`],
  ["a negative quantity", `${attempt} 18:-1`],
  ["a huge quantity", `${attempt} 18:${"9".repeat(40)}`],
  ["words", `${attempt} <b>:one`],
  ["a surrogate", `${attempt} \ud800:1`],
]) {
  test(`a forged choice is ignored: ${name}`, async ({ page }) => {
    const errors = errorsOf(page);
    await page.goto("/");
    await store(page, forged);
    await page.reload();
    await shopper.waitUntilLive(page);
    await expect(chosenElsewhere(page)).toHaveCount(0);
    await shopper.field(page, products.postcards).fill("1");
    await expect(shopper.total(page)).toHaveText("€9.50");
    await shopper.toPayment(page);
    expect(errors).toEqual([]);
  });
}

for (const [name, forged, sentence] of [
  ["a negative id", `${attempt} -5:1`, "An item you selected is no longer available."],
  ["the largest id", `${attempt} 9223372036854775807:1`, "no longer available."],
  [
    "a hundred ids",
    `${attempt} ${Array.from({ length: 100 }, (_, id) => `${id + 1000}:999999`).join(",")}`,
    "no longer available.",
  ],
]) {
  test(`a forged choice of what does not exist is a sentence: ${name}`, async ({ page }) => {
    const errors = errorsOf(page);
    await page.goto("/");
    await store(page, forged);
    await page.goto("/products/postcards");
    await shopper.waitUntilLive(page);
    await expect(chosenElsewhere(page)).toHaveCount(1);
    await expect(chosenElsewhere(page)).toContainText(sentence);
    await page.getByLabel("Quantity", { exact: true }).fill("1");
    await shopper.toPayment(page);
    expect(errors).toEqual([]);
  });
}

test("an unreadable answer is a sentence, and the page can still be paid", async ({ page }) => {
  await page.goto("/");
  await store(page, `${attempt} 2:1`);
  await page.route("**/api/choice", (route) => route.fulfill({ status: 503, body: "<b>no" }));
  await page.goto("/products/postcards");
  await expect(page.locator("[data-choice-failed]")).toBeVisible();
  await expect(chosenElsewhere(page)).toHaveCount(0);
  await page.getByLabel("Quantity", { exact: true }).fill("1");
  await shopper.toPayment(page);
});

test("two tabs are two choices, and each is paid for what it shows", async ({ page, context }) => {
  await page.goto("/products/hand-trowel-ash");
  await shopper.waitUntilLive(page);
  await page.getByLabel("Quantity", { exact: true }).fill("2");
  const other = await context.newPage();
  const errors = [...errorsOf(page), ...errorsOf(other)];
  await other.goto("/products/postcards");
  await shopper.waitUntilLive(other);
  await expect(chosenElsewhere(other)).toHaveCount(0);
  await other.getByLabel("Quantity", { exact: true }).fill("3");
  const second = await shopper.toPayment(other);
  await page.reload();
  await shopper.waitUntilLive(page);
  await expect(page.getByLabel("Quantity", { exact: true })).toHaveValue("2");
  const first = await shopper.toPayment(page);
  const amount = async (id: string) => (await shopper.session(page.request, id)).amount_total;
  expect([await amount(first), await amount(second)]).toEqual([4900, 2850]);
  expect((await shopper.session(page.request, second)).status).toBe("open");
  expect(errors).toEqual([]);
});

test("a copy of a tab is the same shopper with one session", async ({ page, context }) => {
  await page.goto("/products/hand-trowel-ash");
  await shopper.waitUntilLive(page);
  await page.getByLabel("Quantity", { exact: true }).fill("2");
  // A tab that a page opens begins with a copy of its storage.
  const [copy] = await Promise.all([
    context.waitForEvent("page"),
    page.evaluate(() => void window.open("/products/postcards")),
  ]);
  await shopper.waitUntilLive(copy);
  await expect(chosenElsewhere(copy)).toHaveCount(1);
  const first = await shopper.toPayment(page);
  await copy.getByLabel("Quantity", { exact: true }).fill("1");
  const second = await shopper.toPayment(copy);
  expect((await shopper.session(page.request, first)).status).toBe("expired");
  const session = await shopper.session(page.request, second);
  expect([session.status, session.amount_total]).toEqual(["open", 2 * 2450 + 950]);
});

test("what vanished since is named, and the rest can be paid", async ({ page }) => {
  await page.goto("/");
  await store(page, `${attempt} 987654:2`);
  await page.goto("/products/postcards");
  await shopper.waitUntilLive(page);
  const gone = "An item you selected is no longer available.";
  await expect(chosenElsewhere(page)).toHaveText([gone]);
  // Not in a closed list: the total lacks it.
  await expect(page.getByText(gone)).toBeVisible();
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
  await store(page, `${attempt} 15:7,18:1`);
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
