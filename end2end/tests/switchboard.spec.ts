import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { sandboxUrl } from "../addresses";

/** A session of nobody's checkout: the shop ignores what happens to it. */
async function createSession(page: Page): Promise<string> {
  const answer = await page.request.post(`${sandboxUrl}/v1/checkout/sessions`, {
    headers: { authorization: "Bearer sk_test_sandbox" },
    form: {
      mode: "payment",
      success_url: "http://127.0.0.1/done",
      "line_items[0][quantity]": 1,
      "line_items[0][price_data][currency]": "eur",
      "line_items[0][price_data][unit_amount]": 1250,
      "line_items[0][price_data][product_data][name]": "Tea",
    },
  });
  return (await answer.json()).id;
}

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).first().click();
const expectSaid = (page: Page, text: string) => expect(page.getByRole("status")).toHaveText(text);

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1280]) {
    test(`the switchboard works at ${width} pixels in ${colorScheme} colours, without scripts`, async ({ browser }) => {
      // A dozen pages, each with its own check.
      test.slow();
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      const page = await context.newPage();
      const look = async (name: string) => {
        const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(sticksOut, `${name} is wider than the screen`).toBe(0);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`), name).toEqual([]);
        expect(await page.locator("script").count()).toBe(0);
      };

      const id = await createSession(page);
      await page.goto(`${sandboxUrl}/_sandbox`);
      await look("overview");
      await page.locator(`a[href="/_sandbox/sessions/${id}"]`).click();
      await look("open session");
      await press(page, "Try a declined card");
      await expectSaid(page, "The card was declined.");
      await press(page, "Pay by card");
      await expectSaid(page, "The session is paid.");
      await page.getByLabel(/^Amount/).fill("250");
      await press(page, "Refund");
      await expect(page.getByText("€2.50", { exact: true })).toBeVisible();
      await press(page, "Dispute");
      await expectSaid(page, "The payment is disputed.");
      await page.getByText("Charge", { exact: true }).click();
      await look("paid session");
      await press(page, "Win the dispute");
      await expectSaid(page, "The dispute is won.");
      await press(page, "Refund");
      await expect(page.getByText("Nothing can be done to it any more.")).toBeVisible();
      await look("refunded session");
      await page.goto(`${sandboxUrl}/_sandbox/sessions/cs_test_nothing`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("That did not work");
      await look("refused");

      await page.goto(`${sandboxUrl}/_sandbox/events`);
      await look("events");
      await press(page, "Send once more");
      await expectSaid(page, "The event is sent once more.");
      await look("event");
      for (const name of ["sessions", "deliveries"]) {
        await page.goto(`${sandboxUrl}/_sandbox/${name}`);
        await look(name);
      }

      await page.goto(`${sandboxUrl}/_sandbox`);
      await page.getByLabel("duplicate, 0 to 1").fill("0.5");
      await press(page, "Set the faults");
      await expectSaid(page, "The faults are set.");
      await expect(page.getByLabel("duplicate, 0 to 1")).toHaveValue("0.5");
      await press(page, "Clear the faults");
      await expect(page.getByLabel("duplicate, 0 to 1")).toHaveValue("0");
      await context.close();
    });
  }
}

test("a foreign page cannot press its buttons", async ({ page }) => {
  const id = await createSession(page);
  await page.setContent(`<form method="post" action="${sandboxUrl}/_sandbox/sessions/${id}/expire"><button>Win a prize</button></form>`);
  const answered = page.waitForResponse(/expire$/);
  await press(page, "Win a prize");
  expect((await answered).status()).toBe(403);
  const shown = await (await page.request.get(`${sandboxUrl}/_sandbox/sessions/${id}`)).json();
  expect(shown.session.status).toBe("open");
});
