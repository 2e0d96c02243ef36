// The catalog page by Node's own server in one process: the page is put together from strings for
// each request. `scripts/bench-pages` compares Till with it.
//
//     node.mjs PRODUCTS.json PORT
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const products = JSON.parse(readFileSync(process.argv[2], "utf8"));

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;" };
const NEEDS_ESCAPE = /[&<>"']/g;
const escape = (text) => text.replace(NEEDS_ESCAPE, (character) => ESCAPES[character]);

function euros(cents) {
  const whole = String(Math.floor(cents / 100)).replace(/\B(?=(\d{3})+$)/g, ",");
  return `€${whole}.${String(cents % 100).padStart(2, "0")}`;
}

/** The card of Till's catalog: what a shopper sees, and what the form's script reads. */
function card(product) {
  const { id, price } = product;
  const name = escape(product.name);
  const field = `quantity-${id}`;
  const most = Math.min(product.stock, product.limit);
  const limit = product.stock < product.limit ? `Only ${most} left.` : `At most ${most} per order.`;
  return `<article class="card product"><div class="product-about"><div class="card-body">\
<h3 dir="auto" class="card-title">\
<a href="/products/${escape(product.slug)}" class="stretched-link">${name}</a></h3>\
<p dir="auto" class="card-text product-summary">${escape(product.description)}</p></div></div>\
<div class="product-buy"><p class="product-price"><span class="price">${euros(price)}</span></p>\
<label for="${field}" class="visually-hidden">Quantity: ${name}</label>\
<input type="hidden" name="shown[${id}]" value="${price}:eur">\
<div data-price="${price}" data-pattern="€0,000.00" data-name="${name}" data-max="${most}" \
data-limit-text="${limit}" data-whole-text="Please enter a whole number, 0 or more." \
class="stepper"><button type="button" data-step="-1" aria-label="Decrease quantity of ${name}" \
class="btn">−</button><input type="number" id="${field}" name="quantity[${id}]" min="0" \
max="${most}" step="1" inputmode="numeric" placeholder="0" value="" \
aria-describedby="${field}-error" class="form-control"><button type="button" data-step="1" \
aria-label="Increase quantity of ${name}" class="btn">+</button></div>\
<p id="${field}-error" aria-live="polite" hidden class="invalid-feedback"></p></div></article>`;
}

function page() {
  let html = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Shop</title>"
    + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    + "<link rel=\"stylesheet\" href=\"/shop.css\"></head><body><main><h1>Shop</h1>"
    + "<form method=\"post\" action=\"/checkout\">";
  let category;
  for (const product of products) {
    if (product.category !== category) {
      if (category !== undefined) html += "</section>";
      category = product.category;
      html += `<section class="category"><h2>${escape(category)}</h2>`;
    }
    html += card(product);
  }
  return `${html}</section><button type="submit">Continue to payment</button></form></main>\
</body></html>`;
}

createServer((_request, response) => {
  const body = Buffer.from(page());
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "content-length": body.length,
  });
  response.end(body);
}).listen(Number(process.argv[3]), "127.0.0.1");
