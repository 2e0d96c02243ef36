import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { sandboxUrl } from "../addresses";

/** Creates a session that belongs to no checkout: the shop ignores its events. */
async function createSession(page: Page): Promise<string> {
  const response = await page.request.post(`${sandboxUrl}/v1/checkout/sessions`, {
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
  return (await response.json()).id;
}

const press = (page: Page, name: string) =>
  page.getByRole("button", { name, exact: true }).first().click();
const expectStatus = (page: Page, text: string) =>
  expect(page.getByRole("status")).toHaveText(text);

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1280]) {
    test(`the switchboard works at ${width} pixels in ${colorScheme} colours`, async ({
      browser,
    }) => {
      // axe checks a dozen pages.
      test.slow();
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      const page = await context.newPage();
      const look = async (name: string) => {
        const overflow = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return scrollWidth - clientWidth;
        });
        expect(overflow, `${name} is wider than the screen`).toBe(0);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`),
          name,
        ).toEqual([]);
        expect(await page.locator("script").count()).toBe(0);
      };

      const id = await createSession(page);
      await page.goto(`${sandboxUrl}/_sandbox`);
      await look("overview");
      await page.locator(`a[href="/_sandbox/sessions/${id}"]`).click();
      await look("open session");
      await press(page, "Try a declined card");
      await expectStatus(page, "The card was declined.");
      await press(page, "Pay by card");
      await expectStatus(page, "The session is paid.");
      await page.getByLabel(/^Amount/).fill("250");
      await press(page, "Refund");
      await expect(page.getByText("€2.50", { exact: true })).toBeVisible();
      await press(page, "Dispute");
      await expectStatus(page, "The payment is disputed.");
      await page.getByText("Charge", { exact: true }).click();
      await look("paid session");
      await press(page, "Win the dispute");
      await expectStatus(page, "The dispute is won.");
      await press(page, "Refund");
      await expect(page.getByText("No actions are available.")).toBeVisible();
      await look("refunded session");
      await page.goto(`${sandboxUrl}/_sandbox/sessions/cs_test_nothing`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Request failed");
      await look("refused");

      await page.goto(`${sandboxUrl}/_sandbox/events`);
      await look("events");
      await press(page, "Resend");
      await expectStatus(page, "The event is being resent.");
      await look("event");
      for (const name of ["sessions", "deliveries"]) {
        await page.goto(`${sandboxUrl}/_sandbox/${name}`);
        await look(name);
      }

      await page.goto(`${sandboxUrl}/_sandbox`);
      await page.getByLabel("duplicate (0 to 1)").fill("0.5");
      await press(page, "Set faults");
      await expectStatus(page, "The faults are set.");
      await expect(page.getByLabel("duplicate (0 to 1)")).toHaveValue("0.5");
      await press(page, "Clear faults");
      await expect(page.getByLabel("duplicate (0 to 1)")).toHaveValue("0");
      await context.close();
    });
  }
}

test("a page of another origin cannot press its buttons", async ({ page }) => {
  const id = await createSession(page);
  await page.setContent(
    `<form method="post" action="${sandboxUrl}/_sandbox/sessions/${id}/expire">` +
      "<button>Win a prize</button></form>",
  );
  const response = page.waitForResponse(/expire$/);
  await press(page, "Win a prize");
  expect((await response).status()).toBe(403);
  const shown = await (await page.request.get(`${sandboxUrl}/_sandbox/sessions/${id}`)).json();
  expect(shown.session.status).toBe("open");
});
