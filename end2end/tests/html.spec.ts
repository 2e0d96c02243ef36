// The HTML of every page is valid, as the server sends it.
import { expect, test, type APIRequestContext } from "@playwright/test";
import { HtmlValidate, type Message } from "html-validate";
import { foundSandboxUrl, foundShopUrl } from "../addresses";

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended", "html-validate:standard"],
  rules: {
    // What is written from Markdown has `<br />`, which is as valid as `<br>`.
    "void-style": "off",
    // A long telephone number must wrap on a narrow screen.
    "tel-non-breaking": "off",
    // Without scripts, the page of an order that is not paid yet has to load again.
    "meta-refresh": "off",
  },
});

test.use({ baseURL: foundShopUrl });

/**
 * Replaces two things that Leptos 0.8 writes itself, and that browsers read the same: `<!>` for an
 * empty comment, and the nonce as the value of `crossorigin`.
 */
function withoutLeptosMarks(html: string): string {
  return html.replaceAll("<!>", "<!---->").replace(/ crossorigin="[\w-]{22}"/g, " crossorigin");
}

/** Fails with every message and the line that it is about. */
async function expectValid(name: string, html: string) {
  html = withoutLeptosMarks(html);
  const report = await validator.validateString(html, name);
  const messages = report.results.flatMap((result) => result.messages);
  const lines = html.split("\n");
  const told = ({ ruleId, message, line, column }: Message) =>
    `${ruleId}: ${message} at: ${lines[line - 1]?.slice(Math.max(column - 80, 0), column + 160)}`;
  expect.soft(messages.map(told), name).toEqual([]);
}

const headers = { origin: foundShopUrl };

/** Sends a page's form with these further fields, as a browser without JavaScript does. */
async function submit(request: APIRequestContext, page: string, fields: Record<string, string>) {
  const html = await (await request.get(page)).text();
  const [form] = /<form[^>]*action="\/api\/checkout"[\s\S]*?<\/form>/.exec(html) ?? [""];
  const inputs = form.matchAll(/<input[^>]*type="hidden"[^>]*>/g);
  const hidden = [...inputs].map(([tag]) => [attribute(tag, "name"), attribute(tag, "value")]);
  return request.post("/api/checkout", {
    form: { ...Object.fromEntries(hidden), ...fields },
    headers,
    maxRedirects: 0,
  });
}

const attribute = (tag: string, name: string) =>
  (new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "").replaceAll("&amp;", "&");

/** Begins an order of the first product. Returns the paths of its page and of the cancelled one. */
async function begin(request: APIRequestContext, prefix: string) {
  const answer = await submit(request, `${prefix}/`, { "quantity[1]": "1" });
  const session = new URL(answer.headers().location).pathname.split("/").pop();
  const found = await request.get(`${foundSandboxUrl}/v1/checkout/sessions/${session}`, {
    headers: { authorization: "Bearer sk_test_sandbox" },
  });
  const { success_url, cancel_url } = await found.json();
  return { session, order: new URL(success_url).pathname, cancelled: new URL(cancel_url).pathname };
}

const shopper = {
  email: "shopper@example.com",
  "shipping[name]": "Ada Shopper",
  "shipping[address][line1]": "Marktplatz 3",
  "shipping[address][postal_code]": "10115",
  "shipping[address][city]": "Berlin",
  "shipping[address][country]": "DE",
};

async function pay(request: APIRequestContext, session: string | undefined, method: object) {
  const path = `${foundSandboxUrl}/v1/payment_pages/${session}/confirm`;
  const paid = await request.post(path, { form: { ...shopper, ...method } });
  expect(paid.ok(), await paid.text()).toBe(true);
}

const card = {
  "card[number]": "4242424242424242",
  "card[exp_month]": "12",
  "card[exp_year]": "2034",
  "card[cvc]": "123",
};

for (const [language, prefix] of [
  ["English", ""],
  ["German", "/de"],
  ["French", "/fr"],
]) {
  test(`every page in ${language} is valid`, async ({ request }) => {
    for (const path of [
      "/",
      "/categories/garden",
      "/categories/garden?sort=price&in_stock=1",
      "/products/fountain-pen-no-3",
      "/products/wildflower-seeds",
      "/products/oak-cutting-board",
      "/products/evil",
      "/search",
      "/search?q=oak",
      "/search?q=onerror",
      "/search?q=%3C/title%3Enothing",
      "/withdraw",
      "/orders/find",
      "/pages/imprint",
      "/pages/terms",
      "/pages/privacy",
      "/pages/withdrawal",
      "/pages/shipping",
      "/pages/accessibility",
      "/no-such-page",
      "/orders/0123456789abcdef0123456789abcdef",
    ]) {
      const page = await request.get(prefix + path, { headers: { "accept-language": "en" } });
      expect(page.status(), path).toBeLessThan(500);
      await expectValid(prefix + path, await page.text());
    }
    // Forms that were sent empty.
    for (const path of ["/withdraw", "/orders/find"]) {
      const page = await request.post(prefix + path, { form: {}, headers });
      await expectValid(`${prefix}${path}, refused`, await page.text());
    }
    const email = "ada@shopper.example";
    const statement = { name: "A <b>", contract: "Mug & pen", scope: "whole", email };
    for (const step of ["review", "confirm"]) {
      const form = { ...statement, step };
      const page = await request.post(`${prefix}/withdraw`, { form, headers });
      await expectValid(`${prefix}/withdraw, ${step}`, await page.text());
    }
    for (const path of ["/", "/categories/desk", "/products/fountain-pen-no-3"]) {
      const refused = await submit(request, prefix + path, { "quantity[15]": "99" });
      expect(refused.status()).toBe(422);
      await expectValid(`${prefix}${path}, refused`, await refused.text());
    }
  });

  test(`every page of an order in ${language} is valid`, async ({ request }) => {
    const cancelled = await begin(request, prefix);
    const page = async (path: string) => (await request.get(path)).text();
    await expectValid("order, open", await page(cancelled.order));
    await expectValid("cancelled", await page(cancelled.cancelled));
    await expectValid("order, expired", await page(cancelled.order));

    const paid = await begin(request, prefix);
    await pay(request, paid.session, card);
    await expect.poll(() => page(paid.order)).toContain("order-status-paid");
    await expectValid("order, paid", await page(paid.order));

    const debit = await begin(request, prefix);
    await pay(request, debit.session, { "sepa_debit[iban]": "AT611904300234573201", name: "Ada" });
    await expectValid("order, processing", await page(debit.order));
  });
}
