import { expect, test } from "@playwright/test";

test("the server says that it is alive", async ({ request }) => {
  const answer = await request.get("/livez");
  expect(answer.status()).toBe(200);
});
