"""Adds paid orders to a database of Till: orders.py DATABASE COUNT."""

import sqlite3
import sys

file, count = sys.argv[1], int(sys.argv[2])
numbers = (
    f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
)
key = "printf('%032x', i)"
time = "strftime('%Y-%m-%d %H:%M:%S+00:00', 1600000000 + i * 100, 'unixepoch')"

with sqlite3.connect(file) as database:
    database.execute(
        f"""INSERT INTO checkout (id, token, state, currency, amount_subtotal, public_url,
            options, expires_at, created_at, updated_at)
            {numbers} SELECT {key}, {key}, 'paid', 'eur', 500, 'http://x', '{{}}',
            {time}, {time}, {time} FROM n"""
    )
    database.execute(
        f"""INSERT INTO "order" (number, checkout_id, stripe_session_id,
            stripe_payment_intent_id, currency, amount_subtotal, amount_discount,
            amount_shipping, amount_tax, amount_total, payment_status, customer_name,
            customer_email, shipping_address, fulfilment, search_text, paid_at, created_at)
            {numbers} SELECT substr({key}, 25, 4) || '-' || substr({key}, 29, 4), {key},
            'cs_' || {key}, 'pi_' || {key}, 'eur', 500, 0, 0, 0, 500, 'paid', 'Ada Shopper',
            'ada@shop.example', '{{"country":"DE"}}',
            CASE WHEN i % 100 = 0 THEN 'to_ship' ELSE 'shipped' END, 'ada shopper',
            {time}, {time} FROM n"""
    )
    database.execute(
        """INSERT INTO order_line (order_id, variant_id, sku, product_name, variant_name,
           unit_amount, quantity)
           SELECT id, (SELECT min(id) FROM variant), 'SKU', 'Pen', '', 500, 1 FROM "order" """
    )
