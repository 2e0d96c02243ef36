// Actions that most tests share.
import { expect, type APIRequestContext, type Page } from "@playwright/test";
import { sandboxUrl } from "./addresses";

/** Demo products that the tests use. Their ids are known because the database was empty. */
export const products = {
  wateringCan: { id: 1, name: 'Watering Can "Morning Dew"', price: 48 },
  trowel: { id: 2, name: "Hand Trowel with Ash Handle", price: 24.5 },
  seedBox: { id: 4, name: "Seed Box: Herbs & Salad", price: 14.9 },
  birdhouse: { id: 5, name: 'Birdhouse "Häuschen"', left: 3 },
  board: { id: 9, name: "Oak Cutting Board" },
  pen: { id: 15, name: "Fountain Pen No. 3", limit: 2 },
  postcards: { id: 18, name: "Postcards, Printed to Order", price: 9.5 },
};

export const cards = { good: "4242 4242 4242 4242", declined: "4000 0000 0000 0002" };

export const field = (page: Page, product: { id: number }) =>
  page.locator(`#quantity-${product.id}`);
export const problem = (page: Page, product: { id: number }) =>
  page.locator(`#quantity-${product.id}-error`);
export const increase = (page: Page, product: { name: string }) =>
  page.getByRole("button", { name: `Increase quantity of ${product.name}` });
export const decrease = (page: Page, product: { name: string }) =>
  page.getByRole("button", { name: `Decrease quantity of ${product.name}` });
export const payButton = (page: Page) =>
  page.locator('main form button[type="submit"].btn-primary');
export const total = (page: Page) => page.locator("output.pay-sum");

/** Compares visible text only. */
export const shown = { useInnerText: true };

/** Opens the catalog and waits until its form is live. */
export async function openCatalog(page: Page) {
  await page.goto("/");
  await waitUntilLive(page);
}

/** Waits until the island has hydrated. */
export async function waitUntilLive(page: Page) {
  await expect(page.getByRole("button", { name: /^Increase quantity of / }).first()).toBeVisible();
}

/** Sends the form and waits for the payment page. Returns the session's id. */
export async function toPayment(page: Page): Promise<string> {
  await payButton(page).click();
  await page.waitForURL(`${sandboxUrl}/c/pay/*`);
  return sessionOf(page);
}

export const sessionOf = (page: Page) => new URL(page.url()).pathname.split("/").pop() ?? "";

/** Pays by card. */
export async function payByCard(page: Page, number = cards.good) {
  await page.locator("#email").fill("shopper@example.com");
  await page.locator("#name").fill("Sam Shopper");
  await page.locator("#number").fill(number);
  await page.locator("#expiry").fill("12 / 34");
  await page.locator("#cvc").fill("123");
  await page.getByRole("button", { name: /^Pay / }).click();
}

export async function expectPaid(page: Page, total: string) {
  await page.waitForURL(/\/orders\/[0-9a-f]{32}$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Thank you, your order is paid");
  await expect(page.locator("tfoot tr").last()).toContainText(total);
}

export const headers = { authorization: "Bearer sk_test_sandbox" };

type Session = {
  id: string;
  status: string;
  amount_total: number;
  cancel_url: string;
  success_url: string;
  created: number;
  payment_intent: string;
};

/** The sandbox's latest sessions, newest first. */
export async function sessions(request: APIRequestContext): Promise<Session[]> {
  const response = await request.get(`${sandboxUrl}/v1/checkout/sessions?limit=100`, { headers });
  expect(response.ok()).toBe(true);
  return (await response.json()).data;
}

export async function session(request: APIRequestContext, id: string): Promise<Session> {
  const response = await request.get(`${sandboxUrl}/v1/checkout/sessions/${id}`, { headers });
  expect(response.ok()).toBe(true);
  return response.json();
}

/** Pays without a browser, as if on another device. */
export async function payElsewhere(
  request: APIRequestContext,
  id: string,
  form: Record<string, string> = {},
) {
  const card = {
    "card[number]": "4242424242424242",
    "card[exp_month]": "12",
    "card[exp_year]": "2034",
    "card[cvc]": "123",
  };
  const method = "sepa_debit[iban]" in form ? {} : card;
  const response = await request.post(`${sandboxUrl}/v1/payment_pages/${id}/confirm`, {
    form: { email: "shopper@example.com", ...method, ...form },
  });
  expect(response.ok()).toBe(true);
}

/** The amount paid for a session, in minor units; undefined if it is unpaid. */
export async function paid(request: APIRequestContext, id: string): Promise<number | undefined> {
  const ledger = await (await request.get(`${sandboxUrl}/_sandbox/ledger`)).json();
  return ledger.payments.find((payment: { session: string }) => payment.session === id)?.amount;
}
